import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Connection, encoded, type PrivateLogger, requests } from './kafkajs-private.js';

const version = (createRequire(import.meta.url)('kafkajs/package.json') as { version: string }).version;
const silent: PrivateLogger & Record<'debug' | 'info' | 'warn' | 'error', () => void> = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  namespace: () => silent,
};

/** What kafkajs-private.ts relies on, in the shape that it has in the pinned version. */
describe('the private parts of kafkajs', () => {
  it('are of the version that they were read in', () => {
    expect(version).toBe('2.2.4');
  });

  it('have the requests, in the versions that we fix and that Kafka 4 still speaks', () => {
    const made = [
      requests.Produce.protocol({ version: 7 })({ acks: -1, timeout: 1, compression: 0, topicData: [] }),
      requests.ListOffsets.protocol({ version: 3 })({ isolationLevel: 0, topics: [] }),
      requests.CreateTopics.protocol({ version: 3 })({ timeout: 1, topics: [] }),
      requests.DeleteTopics.protocol({ version: 1 })({ topics: [], timeout: 1 }),
      requests.DescribeConfigs.protocol({ version: 2 })({ resources: [], includeSynonyms: false }),
      requests.AlterConfigs.protocol({ version: 1 })({ resources: [], validateOnly: false }),
    ];
    expect(made.map(({ request }) => [request.apiKey, request.apiVersion])).toEqual([
      [0, 7],
      [2, 3],
      [19, 3],
      [20, 1],
      [32, 2],
      [33, 1],
    ]);
  });

  it('send bytes of our own as they are', () => {
    expect(encoded(Buffer.from('0102', 'hex'))).toMatchObject({ buffer: Buffer.from('0102', 'hex') });
  });

  it('have a connection that sends our request, and gives it up when we say so', async () => {
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
      logger: silent,
      socketFactory: ({ onConnect }) => connect({ host: '127.0.0.1', port }, onConnect),
    });
    await connection.connect();
    expect(connection.isConnected()).toBe(true);
    expect(connection.requestQueue.pending).toEqual([]);
    connection.requestQueue.scheduleCheckPendingRequests();
    expect(connection.requestQueue.throttleCheckTimeoutId).toBeNull();
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
