import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { milliseconds } from '@topicast/contracts/units';
import { chunksOf, Handshake, TYPE, type Written, writeValues } from '@topicast/rtmp';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DestinationError } from '../destination-error.js';
import { RtmpPublication } from './publication.js';

const FUZZ = { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 50) };
const ADDRESS = { server: 'rtmp://live.example/app', application: 'app', key: 'a-secret' };
const PATIENCE = milliseconds(2_000);

const command = (...values: readonly Written[]) =>
  chunksOf({ type: TYPE.command, streamId: 0, body: writeValues(...values) });
const CONNECTED = command('_result', 1, {}, { code: 'NetConnection.Connect.Success' });
const CREATED = command('_result', 4, null, 7);
const status = (code: string, description: string, level = 'error') =>
  command('onStatus', 0, null, { level, code, description });

/** A server that shakes hands and then says this, whatever it hears. */
async function publishTo(answer: (socket: Socket) => void, patience = PATIENCE): Promise<RtmpPublication> {
  const server = createServer((socket) => {
    const handshake = new Handshake();
    let isDone = false;
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      if (isDone) return;
      const step = handshake.push(data);
      socket.write(step.reply);
      isDone = step.isDone;
      if (isDone) answer(socket);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  const signal = new AbortController().signal;
  return RtmpPublication.open(socket, ADDRESS, { signal, patience });
}

const refusalOf = (answer: (socket: Socket) => void, patience = PATIENCE) =>
  publishTo(answer, patience).then(
    () => 'it was let in',
    (error: DestinationError) => error,
  );

describe('a server', () => {
  it('that takes the stream says what else it takes', async () => {
    const publication = await publishTo((socket) =>
      socket.write(
        Buffer.concat([
          command('_result', 1, {}, { videoFourCcInfoMap: { hvc1: 4 }, fourCcList: ['Opus'] }),
          ...[CREATED, status('NetStream.Publish.Start', '', 'status')],
        ]),
      ),
    );
    expect(publication.takes).toEqual({ hevc: true, opus: true });
    await publication.close();
  });

  it('that refuses is quoted without the key, and the remedy belongs to the step', async () => {
    expect(
      await refusalOf((socket) =>
        socket.write(
          command('_error', 1, null, { code: 'NetConnection.Connect.Rejected', description: 'no' }),
        ),
      ),
    ).toMatchObject({ code: 'refused', message: expect.stringMatching(/"no".*application "app"/s) });
    const { message, code } = (await refusalOf((socket) =>
      socket.write(
        Buffer.concat([CONNECTED, CREATED, status('NetStream.Publish.BadName', 'a-secret is bad')]),
      ),
    )) as DestinationError;
    expect(code).toBe('refused');
    expect(message).toMatch(/\*\*\* is bad.*stream key/s);
    expect(message).not.toContain('a-secret');
  });

  it('that hangs up, or says nothing, is named at the step', async () => {
    const gone = await refusalOf((socket) =>
      socket.write(Buffer.concat([CONNECTED, CREATED]), () => socket.end()),
    );
    expect(gone).toMatchObject({ code: 'refused', message: expect.stringContaining('stream key') });
    const silent = await refusalOf(() => undefined, milliseconds(200));
    expect(silent).toMatchObject({ code: 'unreachable', message: expect.stringContaining('did not answer') });
  });

  it('that floods is left', async () => {
    const publication = await publishTo((socket) => {
      socket.write(Buffer.concat([CONNECTED, CREATED, status('NetStream.Publish.Start', '', 'status')]));
      const junk = chunksOf({ type: TYPE.data, streamId: 0, body: new Uint8Array(60_000) });
      for (let n = 0; n < 10; n++) socket.write(junk);
    });
    expect(await publication.ended).toMatchObject({ message: expect.stringContaining('more than a server') });
  });

  it('cannot make it do anything but end in words, whatever it sends', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 3_000 }),
      fc.constantFrom(CONNECTED, CREATED),
      fc.uint8Array({ maxLength: 200 }).map((body) => chunksOf({ type: TYPE.command, streamId: 0, body })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 6 }), async (parts) => {
        const answer = await refusalOf((socket) => socket.end(Buffer.concat(parts)));
        expect(answer).toBeInstanceOf(DestinationError);
      }),
      FUZZ,
    );
  });
});
