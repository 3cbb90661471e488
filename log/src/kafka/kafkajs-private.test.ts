import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Connection, requests } from './kafkajs-private.js';

const version = (createRequire(import.meta.url)('kafkajs/package.json') as { version: string }).version;
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** What kafkajs-private.ts relies on, in the shape that it has in the pinned version. */
describe('the private parts of kafkajs', () => {
  it('are of the version that they were read in', () => {
    expect(version).toBe('2.2.4');
  });

  it('have the requests, in the versions that we fix and that Kafka 4 still speaks', () => {
    const metadata = requests.Metadata.protocol({ version: 6 })({
      topics: ['a'],
      allowAutoTopicCreation: false,
    });
    expect(metadata.request).toMatchObject({ apiKey: 3, apiVersion: 6 });
    expect(metadata.response.decode).toBeTypeOf('function');
    const made = [
      requests.Produce.protocol({ version: 7 })({ acks: -1, timeout: 1, topicData: [] }),
      requests.Fetch.protocol({ version: 11 })({
        maxWaitTime: 1,
        minBytes: 1,
        maxBytes: 1,
        isolationLevel: 0,
        topics: [],
      }),
      requests.ListOffsets.protocol({ version: 3 })({ isolationLevel: 0, topics: [] }),
      requests.CreateTopics.protocol({ version: 3 })({ timeout: 1, topics: [] }),
      requests.DeleteTopics.protocol({ version: 1 })({ topics: [], timeout: 1 }),
    ];
    expect(made.map(({ request }) => [request.apiKey, request.apiVersion])).toEqual([
      [0, 7],
      [1, 11],
      [2, 3],
      [19, 3],
      [20, 1],
    ]);
  });

  it('have a connection that sends what we ask for, and lets go of it when told to', async () => {
    const accepted: Socket[] = [];
    const server = createServer((socket) => void accepted.push(socket.resume())).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const connection = new Connection({
      host: '127.0.0.1',
      port,
      clientId: 'guard',
      connectionTimeout: 2000,
      requestTimeout: 10_000,
      enforceRequestTimeout: true,
      logger: { namespace: () => silent },
      socketFactory: ({ onConnect }) => connect({ host: '127.0.0.1', port }, onConnect),
    });
    await connection.connect();
    expect(connection.isConnected()).toBe(true);
    expect(connection.requestQueue.pending).toEqual([]);
    expect(connection.requestQueue.scheduleCheckPendingRequests).toBeTypeOf('function');
    const { request } = requests.DeleteTopics.protocol({ version: 1 })({ topics: [], timeout: 1 });
    const response = { decode: async () => 1, parse: async (decoded: number) => decoded };
    const answer = connection.send({ request, response });
    const reason = new Error('let go');
    setTimeout(() => connection.rejectRequests(reason), 50);
    await expect(answer).rejects.toBe(reason);
    await connection.disconnect();
    expect(connection.isConnected()).toBe(false);
    for (const socket of accepted) socket.destroy();
    server.close();
  });
});
