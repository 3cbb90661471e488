import { connect, Server } from 'node:net';
import { milliseconds } from '@topicast/contracts/units';
import { TYPE } from '@topicast/rtmp';
import { flvFilm, messagesOf, PICTURE, X264 } from '@topicast/test/flv-film';
import { until } from '@topicast/test/poll';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { openReception } from '../testing/reception.js';
import { RtmpClient } from '../testing/rtmp-client.js';

const SHORT = { patience: milliseconds(1_500) };
const pictures = messagesOf(flvFilm(`${PICTURE} ${X264} -t 1`)).filter(({ kind }) => kind === 'video');

describe('at the door', () => {
  it('says why, and closes', async () => {
    await using reception = await openReception();
    for (const [answer, code] of [
      ['busy', 'NetStream.Publish.BadName'],
      ['stopped', 'NetStream.Publish.Denied'],
      ['unavailable', 'NetStream.Publish.Failed'],
    ] as const) {
      reception.answer = answer;
      using client = new RtmpClient(reception.listener.port).publish();
      await client.closed();
      expect(client.codes).toEqual(['NetConnection.Connect.Success', code]);
      expect(reception.listener.stats.refused[answer]).toBe(1);
    }
  });

  it('refuses keys that cannot be one, and those who want to watch', async () => {
    await using reception = await openReception();
    const keys = ['', 'show', '.', 'show.', '../show.x', `show.${'x'.repeat(1_000)}`];
    await Promise.all(
      keys.map(async (key) => {
        using client = new RtmpClient(reception.listener.port).publish(key);
        await client.closed();
        expect(client.codes.at(-1)).toBe('NetStream.Publish.Unauthorized');
      }),
    );
    using client = new RtmpClient(reception.listener.port).greet().command('play', 3, null, 'show');
    await client.closed();
    expect(client.codes).toEqual(['NetStream.Play.Failed']);
  });

  it('lets whoever has a wrong key wait, and nobody else of that address', async () => {
    await using reception = await openReception({ strangersPerAddress: 100 });
    const { port, stats } = reception.listener;
    const begun = performance.now();
    const wrong = Array.from({ length: 70 }, () => new RtmpClient(port).publish('show.wrong'));
    await until('they are refused', () => stats.refused.unauthorized === 70);
    using client = new RtmpClient(port).publish();
    await until('it is in', () => client.codes.includes('NetStream.Publish.Start'));
    await Promise.all(wrong.map((each) => each.closed()));
    expect(performance.now() - begun).toBeGreaterThan(900);
    expect(wrong.every(({ codes }) => codes.at(-1) === 'NetStream.Publish.Unauthorized')).toBe(true);
    expect(stats.turnedAway).toBe(0);
  });

  it('ends the oldest of two hundred that show no key, and keeps those who have one', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
    await using reception = await openReception({ strangersPerAddress: 1_000, logger });
    const { port, stats } = reception.listener;
    using publisher = new RtmpClient(port).publish();
    await until('it is in', () => reception.guests.length === 1);
    const first = new RtmpClient(port);
    await until('it is there', () => stats.connections === 2);
    const others = Array.from({ length: 300 }, () => new RtmpClient(port));
    await until('all have come', () => stats.connections === 302);
    await first.closed();
    expect(stats.turnedAway).toBe(101);
    using late = new RtmpClient(port).publish();
    await until('it is in', () => late.codes.includes('NetStream.Publish.Start'));
    expect(publisher.socket.closed).toBe(false);
    expect(reception.guests.some(({ end }) => end)).toBe(false);
    for (const each of others) each[Symbol.dispose]();
    await reception.listener.close();
    const told = lines.filter((line) => line.includes('turned away')).map((line) => JSON.parse(line).count);
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(102);
    expect(told.length).toBeLessThan(10);
  });

  it('has room for three hundred publishers', async () => {
    await using reception = await openReception({ strangersPerAddress: 1_000 });
    const { port } = reception.listener;
    const clients: RtmpClient[] = [];
    for (let hundreds = 1; hundreds <= 3; hundreds++) {
      for (let i = 0; i < 100; i++) clients.push(new RtmpClient(port).publish());
      await until('they are in', () => reception.guests.length === hundreds * 100);
    }
    using late = new RtmpClient(port).publish();
    await late.closed();
    expect(late.codes.at(-1)).toBe('NetStream.Publish.Failed');
    for (const each of clients) each[Symbol.dispose]();
  });

  it('takes few messages and one connect before the key', async () => {
    await using reception = await openReception();
    const { port, stats } = reception.listener;
    using flood = new RtmpClient(port).greet();
    // A message of no bytes, and the same again with a byte each.
    flood.socket.write(Buffer.of(3, 0, 0, 0, 0, 0, 0, TYPE.data, 0, 0, 0, 0));
    flood.socket.write(Buffer.alloc(100, 0xc3));
    await flood.closed();
    using talker = new RtmpClient(port).greet();
    for (let i = 0; i < 50; i++) talker.command('connect', 1, {});
    await talker.closed();
    expect(talker.codes.length).toBeLessThan(2);
    await until('they are counted', () => stats.broken === 2);
  });

  it('goes on where the system cannot accept a connection', async () => {
    const listen = vi.spyOn(Server.prototype, 'listen');
    await using reception = await openReception();
    const [server] = listen.mock.contexts;
    listen.mockRestore();
    (server as Server).emit('error', new Error('accept EMFILE'));
    using client = new RtmpClient(reception.listener.port).publish();
    await until('it is in', () => client.codes.includes('NetStream.Publish.Start'));
  });

  it('has room for twenty of an address that show no key, for as long as its patience lasts', async () => {
    await using reception = await openReception(SHORT);
    const clients = Array.from({ length: 25 }, () => new RtmpClient(reception.listener.port));
    await until('five are turned away', () => reception.listener.stats.turnedAway === 5);
    await Promise.all(clients.map((client) => client.closed()));
    using client = new RtmpClient(reception.listener.port).publish();
    await until('there is room again', () => client.codes.includes('NetStream.Publish.Start'));
  });

  it('takes no media and no flood before the key', async () => {
    await using reception = await openReception();
    using early = new RtmpClient(reception.listener.port).greet();
    early.send({ type: TYPE.video, streamId: 1, body: pictures[0]!.body });
    await early.closed();
    using flood = new RtmpClient(reception.listener.port).greet();
    const message = { type: TYPE.data, streamId: 1, body: new Uint8Array(60_000) };
    for (let i = 0; i < 10; i++) flood.send(message);
    await flood.closed();
    expect(reception.guests).toEqual([]);
  });
});

describe('inside', () => {
  it('sends away whoever is silent', async () => {
    await using reception = await openReception(SHORT);
    using client = new RtmpClient(reception.listener.port).publish();
    for (const { body } of pictures.slice(0, 3)) client.send({ type: TYPE.video, streamId: 1, body });
    await until('it has left', () => reception.guests[0]?.end);
    expect(reception.guests[0]?.parts.length).toBeGreaterThan(0);
    await client.closed();
  });

  it('says so to whoever is let in and sends nothing', async () => {
    await using reception = await openReception(SHORT);
    using _client = new RtmpClient(reception.listener.port).publish();
    await until('it has left', () => reception.guests[0]?.end);
    expect(reception.guests[0]?.end).toMatchObject({ why: 'cut' });
    await until('it is counted', () => reception.listener.stats.cut === 1);
  });

  it('takes messages that come as an aggregate', async () => {
    const film = flvFilm(`${PICTURE} ${X264} -t 1 -flvflags no_metadata`).subarray(9 + 4);
    await using reception = await openReception();
    const { port, stats } = reception.listener;
    using client = new RtmpClient(port).publish();
    await until('it is in', () => stats.admitted === 1);
    client.send({ type: TYPE.aggregate, streamId: 1, body: film });
    const guest = reception.guests[0]!;
    await until('all is passed on', () => Buffer.concat(guest.parts).byteLength > film.byteLength);
    expect(guest.found).toEqual({ notes: [], damaged: 0 });
  });

  it('counts pictures that cannot be read', async () => {
    await using reception = await openReception();
    using client = new RtmpClient(reception.listener.port).publish();
    // Without what a decoder needs, which came first.
    for (const { body } of pictures.slice(1, 6)) client.send({ type: TYPE.video, streamId: 1, body });
    await until('they are counted', () => reception.guests[0]?.found.damaged === 5);
  });

  it('cuts whoever sends a flood that never becomes a message', async () => {
    await using reception = await openReception();
    using client = new RtmpClient(reception.listener.port).publish();
    await until('it is in', () => reception.guests[0]);
    client.send({ type: TYPE.chunkSize, streamId: 0, body: Uint8Array.of(0, 1, 0, 0) });
    // Each one begins a message anew.
    const beginning = Buffer.concat([
      Buffer.of(6, 0, 0, 0, 1, 0, 1, TYPE.video, 1, 0, 0, 0),
      Buffer.alloc(65_536),
    ]);
    for (let i = 0; i < 1_100; i++) client.socket.write(beginning);
    await until('it has left', () => reception.guests[0]?.end);
    expect(reception.guests[0]?.end).toMatchObject({ problem: expect.stringContaining('100 Mbit/s') });
  });

  it('cuts whoever makes much of few bytes', async () => {
    await using reception = await openReception();
    using client = new RtmpClient(reception.listener.port).publish();
    const set = [0x68, ...new Uint8Array(15_999)];
    const record = [
      1,
      0x42,
      0,
      30,
      0xff,
      0xe1,
      0,
      2,
      0x67,
      0x42,
      1,
      set.length >> 8,
      set.length & 0xff,
      ...set,
    ];
    client.send({ type: TYPE.video, streamId: 1, body: Uint8Array.of(0x17, 0, 0, 0, 0, ...record) });
    const key = Uint8Array.of(0x17, 1, 0, 0, 0, 0, 0, 0, 2, 0x65, 0x88);
    for (let i = 0; i < 5_000; i++) client.send({ type: TYPE.video, streamId: 1, body: key });
    await until('it has left', () => reception.guests[0]?.end);
    expect(reception.guests[0]?.end).toMatchObject({ problem: expect.stringContaining('100 Mbit/s') });
    const made = reception.guests[0]!.parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(made).toBeLessThan(63_000_000);
  });

  it('lets go who says goodbye', async () => {
    await using reception = await openReception();
    using client = new RtmpClient(reception.listener.port).publish().command('deleteStream', 4, null, 1);
    await until('it has left', () => reception.guests[0]?.end);
    await client.closed();
    expect(reception.guests[0]?.end).toEqual({ why: 'finished' });
  });

  it('acknowledges, answers pings, and survives what else clients say', async () => {
    await using reception = await openReception();
    using client = new RtmpClient(reception.listener.port).publish();
    client.send({ type: TYPE.windowSize, streamId: 0, body: Uint8Array.of(0, 0, 16, 0) });
    client.send({ type: TYPE.userControl, streamId: 0, body: Uint8Array.of(0, 6, 1, 2, 3, 4) });
    client.command('_checkbw', 5, null).command('releaseStream', 6, null, 'x');
    client.send({ type: TYPE.data, streamId: 1, body: new Uint8Array(5_000) });
    client.send({ type: 99, streamId: 1, body: new Uint8Array(5_000) });
    const heard = (type: number) => client.heard.find((message) => message.type === type);
    await until('it is answered', () => heard(TYPE.acknowledgement) && heard(TYPE.userControl));
    expect(heard(TYPE.userControl)?.body).toEqual(Uint8Array.of(0, 7, 1, 2, 3, 4));
    expect(reception.guests[0]?.end).toBeUndefined();
  });

  it('frees its seat even if the house has a fault', async () => {
    await using reception = await openReception();
    using client = new RtmpClient(reception.listener.port).publish();
    const guest = await until('it is in', () => reception.guests[0]);
    guest.parts.push = () => {
      throw new TypeError('a fault');
    };
    for (const { body } of pictures.slice(0, 3)) client.send({ type: TYPE.video, streamId: 1, body });
    await client.closed();
    await until('it has left', () => guest.end);
  });

  it('ends when the listener does', async () => {
    const reception = await openReception();
    using client = new RtmpClient(reception.listener.port).publish();
    await until('it is in', () => reception.guests.length === 1);
    await reception.listener.close();
    expect(reception.guests[0]?.end).toEqual({ why: 'gone' });
    await client.closed();
  });
});

describe('hostile bytes', () => {
  it('neither end the process nor make it grow', async () => {
    await using reception = await openReception();
    const { port } = reception.listener;
    const parts = fc.array(fc.uint8Array({ maxLength: 2_000 }), { maxLength: 6 });
    const before = process.memoryUsage().rss;
    await fc.assert(
      fc.asyncProperty(parts, fc.constantFrom('nothing', 'greeting', 'key'), async (noise, after) => {
        using client = new RtmpClient(port);
        if (after === 'greeting') client.greet();
        if (after === 'key') client.publish();
        for (const part of noise) client.socket.write(part);
        client.socket.end();
        await client.closed();
      }),
      { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 150) },
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20);
    using client = new RtmpClient(port).publish();
    await until('it still lets in', () => client.codes.includes('NetStream.Publish.Start'));
    expect(reception.guests.filter(({ end }) => end === undefined).length).toBe(1);
  });

  it('in whole messages of any kind do no harm', async () => {
    await using reception = await openReception();
    const message = fc.record({
      type: fc.oneof(fc.constantFrom(...Object.values(TYPE)), fc.nat(255)),
      streamId: fc.nat(3),
      body: fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        // Tags whose heads are right.
        fc
          .tuple(fc.constantFrom(0x17, 0x27, 0x90, 0x91, 0x97, 0xaf, 0x9f), fc.uint8Array({ maxLength: 60 }))
          .map(([first, rest]) => Uint8Array.of(first, ...rest)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 12 }), fc.boolean(), async (messages, hasKey) => {
        using client = new RtmpClient(reception.listener.port);
        if (hasKey) client.publish();
        else client.greet();
        for (const each of messages) client.send(each);
        client.socket.end();
        await client.closed();
      }),
      { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 150) },
    );
    using client = new RtmpClient(reception.listener.port).publish();
    await until('it still lets in', () => client.codes.includes('NetStream.Publish.Start'));
    await until('the others have left', () => reception.guests.filter(({ end }) => !end).length === 1);
  });

  it('that stop in the middle free their place', async () => {
    await using reception = await openReception(SHORT);
    const socket = connect(reception.listener.port, '127.0.0.1').on('error', () => undefined);
    socket.write(Buffer.of(3, 1, 2, 3));
    await until('it is gone', () => socket.closed || socket.readableEnded);
    socket.destroy();
  });
});
