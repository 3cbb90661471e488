import { bitsPerSecond, bytes, Milliseconds, milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstBitrate, nextBitrate } from './bitrate.js';
import { Gate } from './gate.js';
import { Uplink } from './uplink.js';

const CEILING = bitsPerSecond(2_500_000);
const STEP_MS = 33;

interface Moment {
  readonly bitrate: number;
  readonly queueDelay: number;
  readonly isSent: boolean;
}

/** Pictures over an uplink with a queue, which carries so many bits a second at each time. */
function run(carries: (ms: number) => number, lastsMs: number, baseMs = 20): Moment[] {
  let state = firstBitrate(CEILING);
  const [uplink, gate] = [new Uplink(), new Gate()];
  const queue: { left: number; readonly end: number }[] = [];
  const underWay: { readonly end: number; readonly at: number }[] = [];
  const moments: Moment[] = [];
  let sent = 0;
  for (let ms = 0; ms < lastsMs; ms++) {
    const now = milliseconds(ms);
    let room = carries(ms) / 8_000;
    while (queue[0] && room > 0) {
      const taken = Math.min(room, queue[0].left);
      queue[0].left -= taken;
      room -= taken;
      if (queue[0].left <= 0) underWay.push({ end: queue.shift()!.end, at: ms + baseMs });
    }
    while (underWay[0] && underWay[0].at <= ms) uplink.acknowledge(bytes(underWay.shift()!.end), now);
    if (ms % STEP_MS !== 0) continue;
    const queueDelay = uplink.queueDelay(now);
    state = nextBitrate(state, { now, queueDelay, rate: uplink.rate(now), ceiling: CEILING });
    const isSent = gate.picture(queueDelay, 0) === 'pass';
    if (isSent) {
      const size = Math.round((state.bitrate * STEP_MS) / 8_000);
      sent += size;
      queue.push({ left: size, end: sent });
      uplink.send(size, now);
    }
    moments.push({ bitrate: state.bitrate, queueDelay, isSent });
  }
  return moments;
}

const late = (moments: readonly Moment[]): Moment[] => moments.slice(-Math.floor(moments.length / 3));

describe('the bitrate', () => {
  it('stays where the uplink carries it', () => {
    const moments = run(() => 20e6, 20_000);
    expect(moments.every(({ bitrate, isSent }) => bitrate === CEILING && isSent)).toBe(true);
  });

  it.each([400_000, 800_000, 1_500_000])(
    'finds an uplink of %i bit/s, and keeps its queue short',
    (carried) => {
      const moments = late(run(() => carried, 60_000));
      const mean = moments.reduce((sum, { bitrate }) => sum + bitrate, 0) / moments.length;
      expect(mean).toBeLessThan(carried * 1.05);
      expect(mean).toBeGreaterThan(carried * 0.5);
      const delays = moments.map(({ queueDelay }) => queueDelay).sort((a, b) => a - b);
      expect(delays[Math.floor(delays.length / 2)]).toBeLessThan(150);
      expect(moments.filter(({ isSent }) => !isSent).length).toBeLessThan(moments.length * 0.1);
    },
  );

  it('comes back when the uplink does', () => {
    const moments = run((ms) => (ms > 10_000 && ms < 20_000 ? 500_000 : 10e6), 70_000);
    expect(Math.min(...moments.map(({ bitrate }) => bitrate))).toBeLessThan(600_000);
    expect(moments.at(-1)!.bitrate).toBe(CEILING);
  });

  it('goes on after an uplink that carries nothing for a while', () => {
    const moments = run((ms) => (ms > 5_000 && ms < 9_000 ? 0 : 5e6), 30_000);
    expect(late(moments).every(({ isSent }) => isSent)).toBe(true);
    expect(late(moments).at(-1)!.queueDelay).toBeLessThan(60);
  });

  it('stays where the uplink is long, and does not take an outage for a slow one', () => {
    const far = run(() => 20e6, 20_000, 700);
    expect(far.every(({ bitrate, isSent }) => bitrate === CEILING && isSent)).toBe(true);
    const moments = run((ms) => (ms > 10_000 && ms < 15_000 ? 0 : 20e6), 20_000);
    expect(Math.min(...moments.map(({ bitrate }) => bitrate))).toBeGreaterThan(CEILING / 8);
  });

  it('is never above the ceiling or below the floor, whatever is seen', () => {
    const seen = fc.record({
      after: fc.nat(3_000),
      queueDelay: fc.nat(10_000).map(milliseconds),
      rate: fc.nat(20_000_000).map(bitsPerSecond),
      ceiling: fc.integer({ min: 150_000, max: 5_000_000 }).map(bitsPerSecond),
    });
    fc.assert(
      fc.property(fc.array(seen), (all) => {
        let state = firstBitrate(CEILING);
        let now = Milliseconds.zero;
        for (const { after, ...each } of all) {
          now = Milliseconds.add(now, milliseconds(after));
          const before = state.bitrate;
          state = nextBitrate(state, { ...each, now });
          expect(state.bitrate).toBeLessThanOrEqual(each.ceiling);
          expect(state.bitrate).toBeGreaterThanOrEqual(150_000);
          if (each.queueDelay > 150) expect(state.bitrate).toBeLessThanOrEqual(before);
        }
      }),
    );
  });
});
