import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { streamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import { temporaryFolder } from '@topicast/test/temporary';
import fc from 'fast-check';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import type { ChunkLog } from '../chunk-log.js';
import { openEmbeddedLog } from '../embedded/index.js';
import { record } from '../testing/support.js';
import { type Frame, FrameReader, frameHeader, jsonBody, Kind } from './frames.js';
import { ServedConnection } from './served-connection.js';
import { SharedAnswers } from './shared-answers.js';
import { SharedTails } from './shared-tails.js';

const sharedOf = (log: ChunkLog, tails = new SharedTails(log)) => ({
  tails,
  answers: new SharedAnswers(log),
});

/** The socket of a worker that hangs: everything that is written to it stays there. */
class Hanging extends Duplex {
  override _write(): void {}
  override _writev(): void {}
  override _read(): void {}
}

it('a worker that hangs makes us keep only a bounded part of what it asked for', async () => {
  using folder = temporaryFolder();
  const log = await openEmbeddedLog({ directory: folder.path });
  const tails = new SharedTails(log);
  const socket = new Hanging();
  new ServedConnection(socket as unknown as Socket, log, sharedOf(log, tails), pino({ enabled: false }));
  const streams = Array.from({ length: 6 }, (_, n) => streamId(`film-${n}`));
  for (const [id, stream] of streams.entries()) {
    await log.createTopic(stream, { partitions: 1, retentionMs: milliseconds(3_600_000) });
    const body = jsonBody({ stream, rendition: 0, start: { at: 'earliest' } });
    socket.push(Buffer.concat([frameHeader(Kind.tail, id, body.byteLength), body]));
  }
  // 60 MB, 10 of each stream.
  for (let sequence = 0; sequence < 100; sequence += 1) {
    for (const stream of streams) await log.append(stream, 0, [record(sequence, {}, 188 * 532)]);
    await sleep(0);
  }
  expect(socket.writableLength).toBeGreaterThan(4 * 1024 * 1024);
  expect(socket.writableLength).toBeLessThan(10 * 1024 * 1024);
  socket.destroy();
  await expect.poll(() => tails.size).toBe(0);
  await log.close();
});

it('many tails that catch up at once share the room there is', async () => {
  using folder = temporaryFolder();
  const log = await openEmbeddedLog({ directory: folder.path });
  const stream = streamId('film');
  await log.createTopic(stream, { partitions: 1, retentionMs: milliseconds(3_600_000) });
  for (let sequence = 0; sequence < 30; sequence += 1) {
    await log.append(stream, 0, [record(sequence, {}, 188 * 532)]);
  }
  const tails = new SharedTails(log);
  const socket = new Hanging();
  new ServedConnection(socket as unknown as Socket, log, sharedOf(log, tails), pino({ enabled: false }));
  // 3 MB each.
  for (let id = 0; id < 40; id += 1) {
    const body = jsonBody({ stream, rendition: 0, start: { at: 'earliest' } });
    socket.push(Buffer.concat([frameHeader(Kind.tail, id, body.byteLength), body]));
  }
  await expect.poll(() => socket.writableLength).toBeGreaterThan(8 * 1024 * 1024);
  for (let turn = 0; turn < 100; turn += 1) await sleep(2);
  expect(socket.writableLength).toBeLessThan(12 * 1024 * 1024);
  expect(socket.destroyed).toBe(false);
  socket.destroy();
  await expect.poll(() => tails.size).toBe(0);
  await log.close();
});

it('a table of any size goes to a worker piece by piece, and changes in the meantime arrive in order', async () => {
  using folder = temporaryFolder();
  const log = await openEmbeddedLog({ directory: folder.path });
  const table = await log.table('topicast.status');
  const value = 'x'.repeat(100_000);
  for (let n = 0; n < 400; n += 1) await table.put(`film-${n}`, value);
  let takes = false;
  const received: Frame[] = [];
  const reader = new FrameReader((frame) => received.push(frame));
  const held: (() => void)[] = [];
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      const take = (): void => {
        reader.push(chunk);
        done();
      };
      if (takes) take();
      else held.push(take);
    },
  });
  new ServedConnection(socket as Socket, log, sharedOf(log), pino({ enabled: false }));
  const body = jsonBody('topicast.status');
  socket.push(Buffer.concat([frameHeader(Kind.table, 7, body.byteLength), body]));
  await expect.poll(() => socket.writableLength).toBeGreaterThan(8 * 1024 * 1024);
  await sleep(50);
  expect(socket.writableLength).toBeLessThan(10 * 1024 * 1024);
  await table.put('film-1', 'new');
  await table.delete('film-2');
  await table.put('film-399', 'new');
  await table.delete('film-398');
  takes = true;
  for (const take of held) take();
  await expect
    .poll(() =>
      received
        .filter(({ kind }) => kind === Kind.rows)
        .at(-1)
        ?.body.toString(),
    )
    .toBe('[]');

  const rows = new Map<string, string>();
  for (const { kind, body: said } of received) {
    const changes: [string, string?][] =
      kind === Kind.rows ? JSON.parse(said.toString()) : [JSON.parse(said.toString())];
    for (const [key, changed] of changes) {
      if (changed === undefined) rows.delete(key);
      else rows.set(key, changed);
    }
  }
  expect(rows).toEqual(new Map(table.entries()));
  socket.destroy();
  await log.close();
});

it('says so when a tail ends', async () => {
  const ending = { async *tail() {} } as unknown as ChunkLog;
  const written: Buffer[] = [];
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk);
      done();
    },
  });
  new ServedConnection(socket as Socket, ending, sharedOf(ending), pino({ enabled: false }));
  const body = jsonBody({ stream: streamId('film'), rendition: 0, start: { at: 'live' } });
  socket.push(Buffer.concat([frameHeader(Kind.tail, 5, body.byteLength), body]));
  const received: Frame[] = [];
  await expect.poll(() => written.length).toBeGreaterThan(1);
  new FrameReader((frame) => received.push(frame)).push(Buffer.concat(written));
  expect(received).toMatchObject([{ kind: Kind.failure, id: 5 }]);
  expect(JSON.parse(received[0]!.body.toString())).toMatchObject({ code: 'closed' });
  socket.destroy();
});

it('frames come out as they went in, wherever the socket cuts them', () => {
  const frame = fc.record({
    kind: fc.constantFrom(...Object.values(Kind)),
    id: fc.nat(0xffff_ffff),
    body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  });
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 40 })), (frames, cuts) => {
      const bytes = Buffer.concat(
        frames.flatMap(({ kind, id, body }) => [frameHeader(kind, id, body.byteLength), body]),
      );
      const received: Frame[] = [];
      const reader = new FrameReader((each) => received.push(each));
      let at = 0;
      for (const cut of [...cuts, bytes.byteLength]) {
        if (at < bytes.byteLength) reader.push(bytes.subarray(at, at + cut));
        at += cut;
      }
      expect(received.map(hex)).toEqual(frames.map(hex));
    }),
  );
  expect(() => new FrameReader(() => undefined).push(Buffer.from('ffffffff', 'hex'))).toThrow(RangeError);
});

const hex = ({ kind, id, body }: Frame): object => ({ kind, id, body: body.toString('hex') });
