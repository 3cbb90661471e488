import { encodeChunkMessage } from '@topicast/contracts/chunk-message';
import { parsePosition } from '@topicast/contracts/position';
import { milliseconds, ticks90k } from '@topicast/contracts/units';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LinkState } from '../core/player-state.js';
import { Link } from './link.js';

/** One stream, which each of two gateways has. */
class Stream {
  length = 0;
  /** Position of what is at this offset. */
  static chunk(offset: number): ArrayBuffer {
    const header = {
      keyframe: true,
      discontinuity: false,
      audioOnly: false,
      sinceKeyframe: 0,
      // Of session 0: sequences that say nothing, so that only positions can tell what comes twice.
      sequence: 7,
      session: 0,
      decodeTime: ticks90k(0),
      presentationOffset: ticks90k(0),
      gop: 0,
      wallClock: milliseconds(0),
    };
    const asksForAck = asks(offset);
    return encodeChunkMessage({
      asksForAck,
      rendition: 0,
      offset,
      part: 0,
      header,
      data: new Uint8Array(188),
    }).buffer;
  }
}

const asks = (offset: number): boolean => offset % 3 === 0;

class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  static stream = new Stream();
  /** Gateways that refuse whoever comes. */
  static closed = new Set<number>();
  readonly gateway: number;
  next: number;
  readonly asked: string[] = [];
  readonly answered: string[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(url: string) {
    const { host, searchParams } = new URL(url);
    this.gateway = Number(host.slice(1));
    const after = parsePosition(searchParams.get('after') ?? '');
    this.next = after ? after.offset + 1 : FakeSocket.stream.length;
    FakeSocket.all.push(this);
  }

  open(): void {
    if (this.readyState !== 0) return;
    if (FakeSocket.closed.has(this.gateway)) {
      this.end(1006);
      return;
    }
    this.readyState = 1;
    this.onopen?.();
    this.say({ type: 'state', state: 'live' });
  }

  say(message: object): void {
    if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(message) });
  }

  deliver(): void {
    if (this.readyState !== 1 || this.next >= FakeSocket.stream.length) return;
    const offset = this.next++;
    if (asks(offset)) this.asked.push(`0.0.${offset}.0`);
    this.onmessage?.({ data: Stream.chunk(offset) });
  }

  end(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code });
  }

  send(text: string): void {
    const message = JSON.parse(text);
    if (message.type === 'ack') this.answered.push(message.position);
  }

  close(): void {
    this.readyState = 3;
  }
}

const live = (): FakeSocket[] => FakeSocket.all.filter(({ readyState }) => readyState < 3);
let link: Link;
let offsets: number[];
let states: LinkState['status'][];
let connected: boolean[];

function start(gateways: number): void {
  offsets = [];
  states = [];
  connected = [];
  const urls = Array.from({ length: gateways }, (_, index) => `ws://g${index}/live/demo`);
  link = new Link(urls, undefined, {
    onState: ({ status }) => states.push(status),
    onConnected: (resumed) => connected.push(resumed),
    onChunk: ({ offset }) => offsets.push(offset),
    onMessage: () => undefined,
    onClock: () => undefined,
  });
  link.open();
  live()[0]!.open();
}

function publish(count: number, except?: FakeSocket): void {
  FakeSocket.stream.length += count;
  for (let n = 0; n < count; n += 1) for (const socket of live()) if (socket !== except) socket.deliver();
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('self', new EventTarget());
  vi.stubGlobal('WebSocket', FakeSocket);
  FakeSocket.all = [];
  FakeSocket.stream = new Stream();
  FakeSocket.closed = new Set();
});
afterEach(() => {
  link.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a gateway that asks to move', () => {
  it('is left when the next one delivers what it has not delivered yet', () => {
    start(2);
    publish(3);
    const [old] = live();
    old!.say({ type: 'move' });
    const next = live()[1]!;
    expect(next).toMatchObject({ gateway: 1, next: 3 });
    // While the new connection is being made, the old one goes on.
    publish(2);
    next.open();
    expect(old!.readyState).toBe(1);
    next.deliver();
    next.deliver();
    expect(old!.readyState).toBe(1);
    publish(1, old);
    expect(old!.readyState).toBe(3);
    publish(2);
    expect(offsets).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(states).toEqual(['connecting', 'open']);
    expect(connected).toEqual([false]);
  });

  it('is kept while nobody else takes us in, and after its end the next attempt resumes', () => {
    start(1);
    publish(3);
    const [old] = live();
    FakeSocket.closed.add(0);
    old!.say({ type: 'move' });
    for (let time = 0; time < 20; time += 1) {
      live()[1]?.open();
      publish(1);
      vi.advanceTimersByTime(500);
    }
    expect(old!.readyState).toBe(1);
    expect(FakeSocket.all.length).toBeGreaterThan(3);
    FakeSocket.closed.clear();
    old!.end(1001);
    vi.advanceTimersByTime(6_000);
    live()[0]!.open();
    publish(2);
    expect(offsets).toEqual(Array.from({ length: 25 }, (_, index) => index));
  });

  it('is kept when the next one does not have our place, until one has', () => {
    start(2);
    publish(3);
    const [old] = live();
    old!.say({ type: 'move' });
    live()[1]!.open();
    live()[1]!.say({ type: 'jump', reason: 'lost', skipped: 0 });
    publish(1);
    expect(live()).toEqual([old]);
    vi.advanceTimersByTime(600);
    live()[1]!.open();
    publish(2, old);
    expect(old!.readyState).toBe(3);
    expect(offsets).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('while another gateway is being looked for', () => {
  it('going to the live edge is where the next one begins too', () => {
    start(2);
    publish(3);
    const [old] = live();
    old!.say({ type: 'move' });
    const before = live()[1]!;
    expect(before.next).toBe(3);
    FakeSocket.stream.length += 20;
    link.seekLive();
    expect(before.readyState).toBe(3);
    const next = live()[1]!;
    expect(next).toMatchObject({ gateway: 1, next: 23 });
    next.open();
    expect(live()).toEqual([next]);
    publish(2);
    expect(offsets).toEqual([0, 1, 2, 23, 24]);
    expect(connected).toEqual([false, false]);
  });

  it('one that refuses us for good is one of many: others are asked, and in time itself again', () => {
    start(3);
    publish(1);
    const [old] = live();
    old!.say({ type: 'move' });
    live()[1]!.open();
    live()[1]!.end(4401);
    expect(live()).toEqual([old]);
    vi.advanceTimersByTime(200);
    const next = live()[1]!;
    expect(next.gateway).toBe(2);
    next.open();
    next.end(4401);
    publish(1);
    for (let time = 0; time < 40 && live().length < 2; time += 1) vi.advanceTimersByTime(100);
    live()[1]!.end(4401);
    for (let time = 0; time < 40; time += 1) {
      publish(1);
      vi.advanceTimersByTime(500);
      live()[1]?.open();
    }
    publish(2, old);
    expect(old!.readyState).toBe(3);
    expect(live()).toHaveLength(1);
    expect(offsets).toEqual(Array.from({ length: FakeSocket.stream.length }, (_, index) => index));
  });
});

describe('a gateway that hangs while the stream is live', () => {
  it('is left for one that delivers', () => {
    start(2);
    publish(3);
    const [old] = live();
    FakeSocket.stream.length += 2;
    vi.advanceTimersByTime(3_000);
    const next = live()[1]!;
    next.open();
    next.deliver();
    next.deliver();
    expect(live()).toEqual([next]);
    expect(old!.readyState).toBe(3);
    expect(offsets).toEqual([0, 1, 2, 3, 4]);
  });

  it('is kept when it is the stream that stands', () => {
    start(2);
    publish(3);
    const [old] = live();
    vi.advanceTimersByTime(3_000);
    live()[1]!.open();
    publish(1, live()[1]);
    expect(live()).toEqual([old]);
    publish(1);
    expect(offsets).toEqual([0, 1, 2, 3, 4]);
    expect(connected).toEqual([false]);
  });
});

it('whatever happens to its gateways, every chunk comes once and in order, and who asks gets an answer', () => {
  const step = fc.constantFrom('publish', 'deliver 0', 'deliver 1', 'open', 'move', 'kill', 'refuse', 'wait');
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 3 }), (steps, gateways) => {
      FakeSocket.all = [];
      FakeSocket.stream = new Stream();
      FakeSocket.closed = new Set();
      start(gateways);
      // From here on it has a place.
      publish(1);
      for (const what of steps) {
        if (what === 'publish') FakeSocket.stream.length += 1;
        if (what === 'deliver 0') live()[0]?.deliver();
        if (what === 'deliver 1') live()[1]?.deliver();
        if (what === 'open') for (const socket of live()) socket.open();
        if (what === 'move') live()[0]?.say({ type: 'move' });
        if (what === 'kill') live()[0]?.end(1006);
        if (what === 'refuse') FakeSocket.closed = new Set(FakeSocket.closed.size > 0 ? [] : [0]);
        // Short: after ten seconds without a chunk the player would rather join at the live edge.
        if (what === 'wait') vi.advanceTimersByTime(60);
        expect(live().length).toBeLessThanOrEqual(2);
      }
      // In the end there is a gateway again.
      FakeSocket.closed.clear();
      const caughtUp = () => offsets.length === FakeSocket.stream.length;
      for (let time = 0; time < 60 && !caughtUp(); time += 1) {
        vi.advanceTimersByTime(150);
        for (const socket of live()) socket.open();
        for (const socket of live())
          while (socket.readyState === 1 && socket.next < FakeSocket.stream.length) socket.deliver();
      }
      expect(offsets).toEqual(Array.from({ length: FakeSocket.stream.length }, (_, n) => n));
      // Also what another connection has delivered before: a gateway waits for the answers of its own.
      for (const { asked, answered } of FakeSocket.all) expect(answered).toEqual(asked);
      link.close();
    }),
    { numRuns: 300 },
  );
});
