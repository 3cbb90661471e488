import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { parsePosition } from '@topicast/contracts/position';
import { encodeChunkMessage } from '@topicast/contracts/testing/chunk-message';
import { headerOf } from '@topicast/test/headers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LinkState } from '../core/player-state.js';
import { Link } from './link.js';
import type { StreamMessage } from './link-events.js';
import { Ways } from './ways.js';

/** At a gateway that has every chunk from 0 on, and delivers when the test says so. */
class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  static clock = 1;
  readonly host: string;
  readonly after: number | undefined;
  readonly sent: string[] = [];
  next: number;
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(url: string) {
    const { host, searchParams } = new URL(url);
    this.host = host;
    this.after = parsePosition(searchParams.get('after') ?? '')?.offset;
    this.next = this.after === undefined ? 0 : this.after + 1;
    FakeSocket.all.push(this);
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
    this.say({ type: 'state', state: 'live' });
  }

  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  deliver(count: number): void {
    for (let n = 0; n < count; n += 1) {
      const offset = this.next++;
      const header = headerOf(offset, { keyframe: offset % 5 === 0, sinceKeyframe: offset % 5 });
      const chunk = { asksForAck: offset % 4 === 0, rendition: 0, offset, part: 0, header };
      this.onmessage?.({ data: encodeChunkMessage({ ...chunk, data: new Uint8Array(188) }).buffer });
    }
  }

  send(text: string): void {
    const { type, client, position = '' } = JSON.parse(text);
    this.sent.push(`${type} ${position}`.trim());
    if (type === 'clock') this.say({ type, client, gateway: FakeSocket.clock++ });
  }

  end(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  close(): void {
    this.readyState = 3;
  }
}

const sockets = () => FakeSocket.all.filter(({ readyState }) => readyState < 3);
let ways: Ways;
let offsets: number[];
let states: LinkState['status'][];
let connected: boolean[];
let messages: StreamMessage[];

function start(...hosts: string[]): void {
  [offsets, states, connected, messages] = [[], [], [], []];
  ways = new Ways(
    hosts.map((host) => `ws://${host}/live/demo`),
    (urls, events, shared) => new Link(urls, undefined, events, shared),
    {
      onState: ({ status }) => states.push(status),
      onConnected: (resumed) => connected.push(resumed),
      onChunk: ({ offset }: ChunkMessage) => offsets.push(offset),
      onMessage: (message) => messages.push(message),
      onClock: () => undefined,
    },
  );
  ways.open();
}

/** Both ways are open and have brought chunks 0 to 2. */
function startBoth(...hosts: string[]): [FakeSocket, FakeSocket] {
  start(...hosts);
  sockets()[0]!.open();
  sockets()[0]!.deliver(3);
  vi.advanceTimersByTime(1_000);
  sockets()[1]!.open();
  return sockets() as [FakeSocket, FakeSocket];
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('self', new EventTarget());
  vi.stubGlobal('WebSocket', FakeSocket);
  FakeSocket.all = [];
});
afterEach(() => {
  ways.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

it('the second way opens when the first one has joined, at the place that was reached', () => {
  start('one', 'two');
  expect(sockets().map(({ host }) => host)).toEqual(['one']);
  sockets()[0]!.open();
  sockets()[0]!.deliver(20);
  expect(sockets()).toHaveLength(1);
  vi.advanceTimersByTime(1_000);
  expect(sockets()[1]).toMatchObject({ host: 'two', after: 19 });
  expect(ways.ways).toMatchObject([{ open: true, first: 20 }, { open: false }]);
});

it('the second way takes over at once if the first one cannot begin, and soon if it does not answer', () => {
  start('one', 'two');
  sockets()[0]!.end();
  expect(sockets().map(({ host }) => host)).toEqual(['two']);
  sockets()[0]!.open();
  sockets()[0]!.deliver(2);
  expect(offsets).toEqual([0, 1]);
  expect(states).not.toContain('failed');
  ways.close();
  FakeSocket.all = [];
  start('one', 'two');
  vi.advanceTimersByTime(3_000);
  expect(sockets().map(({ host }) => host)).toEqual(['one', 'two']);
});

it('one address serves both ways, and the first to bring a chunk counts; each answers for its own chunks', () => {
  const [one, two] = startBoth('one');
  expect(two.host).toBe('one');
  two.deliver(3);
  one.deliver(5);
  two.deliver(4);
  expect(offsets).toEqual(upTo(10));
  expect(ways.ways).toEqual([
    { open: true, first: 5, bytes: 8 * 188 },
    { open: true, first: 5, bytes: 7 * 188 },
  ]);
  const acks = ({ sent }: FakeSocket) => sent.filter((text) => text.startsWith('ack'));
  expect(acks(one)).toEqual(['ack 0.1.0.0', 'ack 0.1.4.0']);
  expect(acks(two)).toEqual(['ack 0.1.4.0', 'ack 0.1.8.0']);
});

it('one that is lost is opened again, where the other one has got to, and nobody notices', () => {
  const [one, two] = startBoth('one', 'two');
  one.end();
  two.deliver(4);
  vi.advanceTimersByTime(400);
  const again = sockets().find((socket) => socket !== two)!;
  expect(again).toMatchObject({ host: 'one', after: 6 });
  again.open();
  two.deliver(2);
  again.deliver(4);
  expect(offsets).toEqual(upTo(11));
  expect(states).toEqual(['connecting', 'open']);
  expect(connected).toEqual([false]);
  // Both are lost.
  again.end();
  two.end();
  expect(states.at(-1)).toBe('retrying');
  vi.advanceTimersByTime(500);
  for (const socket of sockets()) {
    expect(socket.after).toBe(10);
    socket.open();
    socket.deliver(1);
  }
  expect(offsets).toEqual(upTo(12));
  expect(connected).toEqual([false, true]);
});

it('the lag of one is not noticed while the other one is in time', () => {
  const [one, two] = startBoth('one', 'two');
  one.say({ type: 'jump', reason: 'lag', skipped: 7 });
  one.next = 10;
  one.deliver(2);
  two.deliver(8);
  expect(offsets).toEqual(upTo(12));
  expect(messages).toEqual([{ type: 'state', state: 'live' }]);
});

it('the stream is live while one of them gives it, and over when none does', () => {
  const [one, two] = startBoth('one', 'two');
  one.say({ type: 'state', state: 'offline' });
  expect(messages).toHaveLength(1);
  two.say({ type: 'state', state: 'offline' });
  expect(messages.at(-1)).toEqual({ type: 'state', state: 'offline' });
});

it('going to the live edge asks both, and what the first one brings counts', () => {
  const [one, two] = startBoth('one', 'two');
  ways.seekLive();
  for (const socket of [two, one]) {
    expect(socket.sent).toContain('seek');
    socket.say({ type: 'jump', reason: 'seek', skipped: 0 });
    socket.next = 15;
    socket.deliver(1);
  }
  expect(offsets).toEqual([0, 1, 2, 15]);
  expect(messages.filter(({ type }) => type === 'jump')).toHaveLength(1);
});

it('it has failed when both have', () => {
  const [one, two] = startBoth('one', 'two');
  one.end(4401);
  expect(states.at(-1)).toBe('open');
  two.end(4401);
  expect(states.at(-1)).toBe('failed');
});
