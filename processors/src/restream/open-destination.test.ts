import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { chunksOf, Handshake, TYPE, writeValues } from '@topicast/rtmp';
import type { Network } from '@topicast/sources/open';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DestinationError } from './destination-error.js';
import { openDestination } from './open-destination.js';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
/** Names lead to this machine, which counts as public; 10.0.0.1 does not. */
const NETWORK: Network = {
  resolve: async (host) => [host === 'inside.example' ? '10.0.0.1' : '127.0.0.1'],
  isPublic: (address) => address === '127.0.0.1',
};
const NOBODY = new AbortController().signal;

const listening = async (server: Server): Promise<number> => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};

const refusalOf = (url: string, network = NETWORK, allowPrivate = false) =>
  openDestination({ url }, { allowPrivate, ffmpegPath: 'ffmpeg', network }, NOBODY).then(
    () => 'it was let in',
    ({ code, message }: DestinationError) => ({ code, message }),
  );

describe('a destination that is opened', () => {
  it('is judged again: private addresses, also behind a name', async () => {
    for (const url of [
      'rtmp://10.0.0.1/app/key',
      'rtmps://inside.example/app/key',
      'srt://inside.example:9000',
    ]) {
      expect(await refusalOf(url)).toEqual({
        code: 'barred',
        message: expect.stringContaining('TOPICAST_ALLOW_PRIVATE_URLS'),
      });
    }
    expect(
      await refusalOf('rtmp://live.example/app/key', { ...NETWORK, isPublic: () => false }),
    ).toMatchObject({
      code: 'barred',
    });
  });

  it('that nobody answers, or that speaks no TLS, is named', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).resume();
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    const port = await listening(server);
    expect(await refusalOf(`rtmps://live.example:${port}/app/key`)).toMatchObject({
      ...{ code: 'unreachable', message: expect.stringContaining('does not speak TLS') },
    });
    expect(await refusalOf(`rtmp://live.example:${port}/app/key`)).toMatchObject({
      ...{ code: 'refused', message: expect.stringContaining('does not speak RTMP') },
    });
    server.close();
    await once(server, 'close');
    expect(await refusalOf(`rtmp://live.example:${port}/app/key`)).toMatchObject({
      ...{ code: 'unreachable', message: expect.stringContaining('Nobody takes connections') },
    });
    const lost: Network = { ...NETWORK, resolve: () => Promise.reject(new Error('ENOTFOUND')) };
    expect(await refusalOf('rtmp://live.example/app/key', lost)).toMatchObject({
      ...{ code: 'unreachable', message: expect.stringContaining('cannot be found') },
    });
  });

  it.skipIf(!hasOpenssl)(
    `has to have a valid certificate${hasOpenssl ? '' : ' (SKIPPED: no openssl)'}`,
    async () => {
      const words =
        'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -keyout - -subj';
      const args = [...words.split(' '), '/CN=live.example', '-addext', 'subjectAltName=DNS:live.example'];
      const pem = execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
      const port = await listening(
        createTlsServer({ key: pem, cert: pem }, (socket) => {
          const handshake = new Handshake();
          socket.on('error', () => undefined);
          socket.on('data', (data) => {
            const { reply, isDone } = handshake.push(data);
            socket.write(reply);
            if (!isDone) return;
            const refusal = writeValues('_error', 1, null, { code: 'Rejected', description: 'it speaks' });
            socket.write(chunksOf({ type: TYPE.command, streamId: 0, body: refusal }));
          });
        }),
      );
      expect(await refusalOf(`rtmps://live.example:${port}/app/key`)).toMatchObject({
        ...{ code: 'unreachable', message: expect.stringContaining('certificate') },
      });
      const trusting = { ...NETWORK, certificateAuthorities: pem };
      expect(await refusalOf(`rtmps://other.example:${port}/app/key`, trusting)).toMatchObject({
        ...{ code: 'unreachable', message: expect.stringContaining('certificate') },
      });
      expect(await refusalOf(`rtmps://live.example:${port}/app/key`, trusting)).toMatchObject({
        ...{ code: 'refused', message: expect.stringContaining('it speaks') },
      });
    },
  );
});
