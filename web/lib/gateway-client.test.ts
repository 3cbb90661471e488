import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { gatewayAddress } from './gateway-address';
import { createStream, GatewayError, listStreams, problemError } from './gateway-client';

async function gatewayAnswering(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: gatewayAddress(`http://127.0.0.1:${port}`),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof GatewayError ? error.failure : error),
  );

describe('the gateway client', () => {
  it('sends the token and the request, and takes an empty answer', async () => {
    let seen: unknown[] = [];
    await using gateway = await gatewayAnswering(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      seen = [request.method, request.url, request.headers.authorization, JSON.parse(body)];
      response.writeHead(201).end();
    });
    const request = { id: 'demo', source: { kind: 'test' as const } };
    await createStream(gateway.address, request, { token: 'secret' });
    expect(seen).toEqual(['POST', '/api/streams', 'Bearer secret', request]);
  });

  it('takes a stream key also while there is no address to send to', async () => {
    const ingest = { problem: 'No producer takes encoders at present.', key: 'show.secret' };
    await using gateway = await gatewayAnswering((_request, response) =>
      response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ ingest })),
    );
    const request = { id: 'show', source: { kind: 'ingest' as const } };
    expect(await createStream(gateway.address, request, { token: 'secret' })).toEqual(ingest);
  });

  it('distinguishes a gateway that is away from a server that is something else', async () => {
    const gone = await gatewayAnswering(() => undefined);
    await gone[Symbol.asyncDispose]();
    expect(await failureOf(listStreams(gone.address))).toEqual({ kind: 'unreachable' });

    await using website = await gatewayAnswering((_request, response) => response.end('<h1>hello</h1>'));
    await expect(listStreams(website.address)).rejects.toThrow(/Topicast gateway/);
  });

  it('asks the next gateway if one is away, but sends no change twice', async () => {
    const gone = await gatewayAnswering(() => undefined);
    await gone[Symbol.asyncDispose]();
    let asked = 0;
    await using other = await gatewayAnswering((_request, response) => {
      asked += 1;
      response.end('{"streams":[]}');
    });
    const both = { ...gone.address, others: [other.address] };
    expect(await listStreams(both)).toEqual([]);
    const request = { id: 'demo', source: { kind: 'test' as const } };
    expect(await failureOf(createStream(both, request, {}))).toEqual({ kind: 'unreachable' });
    expect(asked).toBe(1);
  });

  it('lets an abort through as an abort', async () => {
    await using gateway = await gatewayAnswering(() => undefined);
    const abort = new AbortController();
    const listing = listStreams(gateway.address, { signal: abort.signal });
    abort.abort();
    await expect(listing).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });

  it('puts the messages of a problem at their fields, however the path is written', () => {
    const { failure, message } = problemError(422, {
      title: 'Unprocessable',
      detail: 'The request is not valid',
      errors: [
        { path: '/source/path', message: 'no such file' },
        { path: 'id', message: 'taken' },
      ],
    });
    expect(message).toBe('The request is not valid');
    expect(failure).toMatchObject({ kind: 'refused', status: 422 });
    expect(failure.kind === 'refused' && [...failure.fields]).toEqual([
      ['source.path', 'no such file'],
      ['id', 'taken'],
    ]);
  });

  it('understands an error page of a proxy', () => {
    expect(problemError(502, undefined).failure).toEqual({ kind: 'unreachable' });
    expect(problemError(500, 'oops').message).toMatch(/500/);
  });
});
