import { type Position, parsePosition } from '@topicast/contracts/position';
import { encodeChunkMessage } from '@topicast/contracts/testing/chunk-message';
import { milliseconds, ticks90k } from '@topicast/contracts/units';
import { headerOf } from '@topicast/test/headers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LinkState } from '../core/player-state.js';
import { Link } from './link.js';

/** Pictures from keyframe to keyframe. */
const GOP = 4;

/** One stream in several renditions, which two gateways both have. `time` counts its chunks. */
class Stream {
  length = 0;
  /** Offsets of different renditions have nothing to do with each other. */
  static offset = (rendition: number, time: number): number => (rendition === 1 ? 5 * time : time);
  static time = ({ rendition, offset }: Pick<Position, 'rendition' | 'offset'>): number =>
    rendition === 1 ? offset / 5 : offset;

  static chunk(rendition: number, time: number): ArrayBuffer {
    // Of session 0: sequences that say nothing, so that only positions can tell what comes twice.
    const header = headerOf(7, {
      session: 0,
      keyframe: time % GOP === 0,
      sinceKeyframe: time % GOP,
      decodeTime: ticks90k(time * 3000),
      wallClock: milliseconds(0),
    });
    return encodeChunkMessage({
      asksForAck: asks(time),
      rendition,
      offset: Stream.offset(rendition, time),
      part: 0,
      header,
      data: new Uint8Array(188),
    }).buffer;
  }
}

const asks = (time: number): boolean => time % 3 === 0;

class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  static stream = new Stream();
  /** Gateways that refuse everybody. */
  static closed = new Set<number>();
  /** Whether what viewers send arrives, and answers come back. */
  static answers = true;
  readonly gateway: number;
  next: number;
  rendition: number;
  /** Asked for, and due at the next keyframe. */
  wanted: number | undefined;
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
    this.next = after ? Stream.time(after) + 1 : FakeSocket.stream.length;
    this.rendition = after?.rendition ?? Number(searchParams.get('rendition') ?? 0);
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
    this.say({ type: 'catalog', catalog: { session: 0, renditions: [{ rendition: 0, tracks: [] }] } });
  }

  say(message: object): void {
    if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(message) });
  }

  deliver(): void {
    if (this.readyState !== 1 || this.next >= FakeSocket.stream.length) return;
    const time = this.next++;
    if (this.wanted !== undefined && time % GOP === 0) {
      this.rendition = this.wanted;
      this.wanted = undefined;
      this.say({ type: 'rendition', rendition: this.rendition });
    }
    const { rendition } = this;
    if (asks(time)) this.asked.push(`${rendition}.0.${Stream.offset(rendition, time)}.0`);
    this.onmessage?.({ data: Stream.chunk(rendition, time) });
  }

  end(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code });
  }

  send(text: string): void {
    const message = JSON.parse(text);
    if (message.type === 'ack') this.answered.push(message.position);
    if (message.type === 'rendition') this.wanted = message.to;
    if (message.type === 'clock' && FakeSocket.answers) this.say({ ...message, gateway: 0 });
  }

  close(): void {
    this.readyState = 3;
  }
}

const live = (): FakeSocket[] => FakeSocket.all.filter(({ readyState }) => readyState < 3);
let link: Link;
let times: number[];
let renditions: number[];
let states: LinkState['status'][];
let connected: boolean[];

function start(gateways: number): void {
  times = [];
  renditions = [];
  states = [];
  connected = [];
  const urls = Array.from({ length: gateways }, (_, index) => `ws://g${index}/live/demo`);
  link = new Link(urls, undefined, {
    onState: ({ status }) => states.push(status),
    onConnected: (resumed) => connected.push(resumed),
    onChunk: (chunk) => {
      times.push(Stream.time(chunk));
      renditions.push(chunk.rendition);
    },
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
  FakeSocket.answers = true;
});
afterEach(() => {
  link.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Until there is another connection beside the one that gives nothing. */
function waitForSecond(): void {
  for (let time = 0; time < 40 && live().length < 2; time += 1) vi.advanceTimersByTime(100);
}

describe('a gateway that asks to move', () => {
  it('is left when the next one delivers what it has not delivered yet', () => {
    start(2);
    publish(3);
    const [old] = live();
    old!.say({ type: 'move' });
    const next = live()[1]!;
    expect(next).toMatchObject({ gateway: 1, next: 3 });
    // While the new connection is being opened, the old one continues.
    publish(2);
    next.open();
    expect(old!.readyState).toBe(1);
    next.deliver();
    next.deliver();
    expect(old!.readyState).toBe(1);
    publish(1, old);
    expect(old!.readyState).toBe(3);
    publish(2);
    expect(times).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
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
    expect(times).toEqual(Array.from({ length: 25 }, (_, index) => index));
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
    waitForSecond();
    live()[1]!.open();
    publish(2, old);
    expect(old!.readyState).toBe(3);
    expect(times).toEqual([0, 1, 2, 3, 4, 5]);
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
    expect(times).toEqual([0, 1, 2, 23, 24]);
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
    expect(times).toEqual(Array.from({ length: FakeSocket.stream.length }, (_, index) => index));
  });
});

describe('a gateway that hangs while the stream is live', () => {
  it('is left for one that delivers', () => {
    start(2);
    publish(3);
    const [old] = live();
    FakeSocket.stream.length += 2;
    waitForSecond();
    const next = live()[1]!;
    next.open();
    next.deliver();
    next.deliver();
    expect(live()).toEqual([next]);
    expect(old!.readyState).toBe(3);
    expect(times).toEqual([0, 1, 2, 3, 4]);
  });

  it('is kept when it is the stream that stands', () => {
    start(2);
    publish(3);
    const [old] = live();
    waitForSecond();
    live()[1]!.open();
    publish(1, live()[1]);
    expect(live()).toEqual([old]);
    publish(1);
    expect(times).toEqual([0, 1, 2, 3, 4]);
    expect(connected).toEqual([false]);
  });
});

describe('the only gateway, when it gives nothing', () => {
  it('is asked, and kept while it answers: it is the stream that stands', () => {
    start(1);
    publish(3);
    vi.advanceTimersByTime(8_000);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it('is connected to once more when nothing comes at all, and the first of both that delivers is kept', () => {
    for (const returning of [0, 1]) {
      FakeSocket.all = [];
      FakeSocket.stream = new Stream();
      FakeSocket.answers = true;
      start(1);
      publish(3);
      FakeSocket.answers = false;
      FakeSocket.stream.length += 2;
      waitForSecond();
      const both = live();
      expect(both).toHaveLength(2);
      both[1]!.open();
      both[returning]!.deliver();
      both[returning]!.deliver();
      expect(live()).toEqual([both[returning]]);
      expect(times).toEqual([0, 1, 2, 3, 4]);
      link.close();
    }
  });

  it('is asked again at once when the network is back, whatever is under way', () => {
    const online = () => self.dispatchEvent(new Event('online'));
    start(1);
    publish(3);
    const [old] = live();
    // Nobody has noticed anything yet.
    online();
    expect(live()).toHaveLength(2);
    publish(1, live()[1]);
    expect(live()).toEqual([old]);
    // It is being opened, over a network that is gone.
    old!.end(1006);
    vi.advanceTimersByTime(300);
    const [hanging] = live();
    online();
    expect(hanging!.readyState).toBe(3);
    // It waits for its time.
    FakeSocket.closed.add(0);
    for (let time = 0; time < 6; time += 1) {
      live()[0]?.open();
      vi.advanceTimersByTime(100);
    }
    FakeSocket.closed.clear();
    expect(live()).toEqual([]);
    online();
    live()[0]!.open();
    publish(2);
    expect(times).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

/** The rendition changes only at a keyframe, so every chunk can be decoded. */
function expectDecodable(): void {
  for (const [index, rendition] of renditions.entries()) {
    if (index > 0 && rendition !== renditions[index - 1]) expect(times[index]! % GOP).toBe(0);
  }
}

describe('a rendition', () => {
  it('is asked for once, and again of whoever takes us in before it has come', () => {
    start(2);
    publish(2);
    link.setRendition(1);
    const [old] = live();
    expect(old!.wanted).toBe(1);
    old!.say({ type: 'move' });
    const next = live()[1]!;
    next.open();
    // One after the other: until it serves, it goes on where the old one is.
    expect(next.wanted).toBeUndefined();
    publish(1, old);
    expect(live()).toEqual([next]);
    expect(next.wanted).toBe(1);
    publish(3);
    expect(times).toEqual([0, 1, 2, 3, 4, 5]);
    expect(renditions).toEqual([0, 0, 0, 0, 1, 1]);
    expect(link.rendition).toBe(1);
  });

  it('that changes on the old connection makes the new one begin anew, in the same rendition', () => {
    start(2);
    publish(3);
    const [old] = live();
    old!.say({ type: 'move' });
    const before = live()[1]!;
    link.setRendition(1);
    publish(3);
    expect(before.readyState).toBe(3);
    const next = live()[1]!;
    expect(next).toMatchObject({ rendition: 1, next: 5 });
    next.open();
    next.deliver();
    publish(1, old);
    expect(live()).toEqual([next]);
    publish(1);
    expect(times).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expectDecodable();
  });

  it('is what a connection begins with that does not resume', () => {
    start(1);
    link.setRendition(2);
    publish(GOP + 1);
    live()[0]!.end(1006);
    vi.advanceTimersByTime(15_000);
    FakeSocket.stream.length += 100;
    FakeSocket.all.at(-1)!.end(1006);
    vi.advanceTimersByTime(15_000);
    for (let time = 0; time < 10 && live().length === 0; time += 1) vi.advanceTimersByTime(20);
    expect(live()[0]).toMatchObject({ rendition: 2, next: FakeSocket.stream.length });
    expect(link.rendition).toBe(2);
  });
});

it('whatever happens to its gateways, every chunk comes once and in order, and who asks gets an answer', () => {
  const step = fc.constantFrom(
    ...(['publish', 'deliver 0', 'deliver 1', 'open', 'move', 'kill', 'refuse', 'wait'] as const),
    ...(['rendition 0', 'rendition 1', 'rendition 2'] as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 160 }), fc.integer({ min: 1, max: 3 }), (steps, gateways) => {
      FakeSocket.all = [];
      FakeSocket.stream = new Stream();
      FakeSocket.closed = new Set();
      start(gateways);
      // From here on it has a place.
      publish(1);
      let wanted = 0;
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
        if (what.startsWith('rendition')) {
          wanted = Number(what.slice(-1));
          link.setRendition(wanted);
        }
        expect(live().length).toBeLessThanOrEqual(2);
      }
      // In the end there is a gateway again, and a keyframe at which to switch.
      FakeSocket.closed.clear();
      const catchUp = () => {
        for (let time = 0; time < 60 && times.length < FakeSocket.stream.length; time += 1) {
          vi.advanceTimersByTime(150);
          for (const socket of live()) socket.open();
          for (const socket of live())
            while (socket.readyState === 1 && socket.next < FakeSocket.stream.length) socket.deliver();
        }
      };
      catchUp();
      FakeSocket.stream.length += GOP;
      catchUp();
      expect(times).toEqual(Array.from({ length: FakeSocket.stream.length }, (_, n) => n));
      expectDecodable();
      expect(renditions.at(-1)).toBe(wanted);
      // Also what another connection has delivered before: a gateway waits for the answers of its own.
      for (const { asked, answered } of FakeSocket.all) expect(answered).toEqual(asked);
      link.close();
    }),
    { numRuns: 500 },
  );
});
