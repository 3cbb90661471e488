import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startFetchProxy } from './fetch-proxy.js';
import { Gate } from './gate.js';

/** A server behind a proxy, and a client that uses the proxy as ffmpeg does. */
async function setUp(handler: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handler);
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const gate = new Gate({
    resolve: async (host) => [host === 'inside.example' ? '10.0.0.1' : '127.0.0.1'],
    isPublic: (address) => address === '127.0.0.1',
  });
  const proxy = await startFetchProxy(gate);
  const client = new Agent({ keepAlive: true });
  onTestFinished(async () => {
    client.destroy();
    await proxy[Symbol.asyncDispose]();
    server.closeAllConnections();
    server.close();
  });
  const { port, username, password } = new URL(proxy.url);
  const known = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const ask = async (url: string, headers: Record<string, string> = {}, method = 'GET') => {
    const asked = { agent: client, host: '127.0.0.1', port, path: url, method };
    const outgoing = request({ ...asked, headers: { 'proxy-authorization': known, ...headers } });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return response;
  };
  const own = `http://cam.example:${(server.address() as AddressInfo).port}`;
  return { ask, own, gate, connections: () => connections };
}

describe('the proxy for HTTP', () => {
  it('serves nobody without its password', async () => {
    const { ask, own, connections } = await setUp((_request, response) => response.end());
    for (const given of ['', 'Basic eDp5', 'Bearer x']) {
      const answer = await ask(own, { 'proxy-authorization': given });
      expect([answer.statusCode, answer.headers['proxy-authenticate']]).toEqual([
        407,
        'Basic realm="topicast"',
      ]);
      answer.resume();
    }
    expect(connections()).toBe(0);
  });

  it('passes on the headers for the server, but not those for the proxy', async () => {
    let seen: IncomingMessage | undefined;
    const { ask, own, connections } = await setUp((request, response) => {
      seen = request;
      response.writeHead(206, {
        'content-range': 'bytes 5-9/10',
        'keep-alive': 'timeout=60',
        'set-cookie': 'a=b',
      });
      response.end('media');
    });
    for (let time = 0; time < 3; time += 1) {
      const answer = await ask(`${own}/x?to=http://_a.example/`, {
        range: 'bytes=5-',
        authorization: 'Basic eA==',
      });
      expect([answer.statusCode, await text(answer)]).toEqual([206, 'media']);
      expect(answer.headers).toMatchObject({ 'content-range': 'bytes 5-9/10', 'set-cookie': ['a=b'] });
    }
    expect(connections()).toBe(1);
    expect(seen?.url).toBe('/x?to=https://a.example/');
    expect(seen?.headers).toMatchObject({
      host: own.slice(7),
      range: 'bytes=5-',
      authorization: 'Basic eA==',
    });
    expect(seen?.headers).not.toHaveProperty('proxy-authorization');
  });

  it('marks the addresses of a playlist and of a redirect, and no bytes of media', async () => {
    const bodies: Record<string, string> = {
      '/list': '#EXTM3U\nhttps://a.example/b\n',
      '/media': 'G...https://a.example/b',
    };
    const { ask, own } = await setUp((request, response) => {
      const body = bodies[request.url ?? ''];
      if (body === undefined) response.writeHead(302, { location: 'https://b.example/c' });
      response.end(body);
    });
    const list = await ask(`${own}/list`);
    expect(await text(list)).toBe('#EXTM3U\nhttp://_a.example/b\n');
    expect(await text(await ask(`${own}/media`))).toBe(bodies['/media']);
    expect((await ask(`${own}/moved`)).headers.location).toBe('http://_b.example/c');
  });

  it('refuses a private address, and says so once', async () => {
    const { ask, gate } = await setUp((_request, response) => response.end());
    for (const url of ['http://inside.example/a', 'http://127.0.0.2:80/', 'http://_[::1]:443/']) {
      expect([400, 403]).toContain((await ask(url)).statusCode);
    }
    expect(gate.refused.reason).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('"inside.example"'),
    });
  });

  it.each([
    ['GET', '/x', 400],
    ['GET', 'https://cam.example/', 400],
    ['POST', 'http://cam.example/', 405],
  ])('does not take %s %s', async (method, url, status) => {
    const { ask } = await setUp((_request, response) => response.end());
    expect((await ask(url, {}, method)).statusCode).toBe(status);
  });

  it('does not follow to other protocols', async () => {
    const { ask, own, gate } = await setUp((_request, response) =>
      response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    );
    expect((await ask(own)).statusCode).toBe(403);
    expect(gate.refused.reason).toMatchObject({ code: 'refused' });
  });

  it('keeps no more of a body than the two ends take', async () => {
    const BODY = 256 * 1024 * 1024;
    let sent = 0;
    const { ask, own } = await setUp(async (_request, response) => {
      response.on('error', () => undefined);
      for (const piece = Buffer.alloc(1024 * 1024); sent < BODY; sent += piece.length) {
        if (!response.write(piece)) await once(response, 'drain').catch(() => undefined);
      }
    });
    const answer = await ask(own);
    answer.pause();
    // It stops when all buffers are full.
    for (let before = -1; before !== sent; ) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(sent).toBeLessThan(BODY / 4);
    answer.destroy();
  });
});
