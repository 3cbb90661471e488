import { bytes, milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Gate } from './gate.js';
import { Keyframes } from './keyframes.js';
import { opusHead } from './opus-head.js';
import { codecNames, sentSize } from './picture-size.js';
import { PositionTimes } from './position-times.js';
import { Uplink } from './uplink.js';

describe('the size that is sent', () => {
  it.each([
    [{ width: 1920, height: 1080 }, 720, { width: 1280, height: 720 }],
    [{ width: 1080, height: 1920 }, 720, { width: 720, height: 1280 }],
    [{ width: 640, height: 480 }, 720, { width: 640, height: 480 }],
    [{ width: 1367, height: 769 }, 720, { width: 1280, height: 720 }],
    [{ width: 3, height: 1 }, 360, { width: 4, height: 2 }],
  ])('of %j at %i lines', (size, height, sent) => expect(sentSize(size, height)).toEqual(sent));

  it('has the lowest level of H.264 that allows it, the plainest profile first', () => {
    expect(codecNames({ width: 640, height: 360 }, 30)).toEqual([
      'avc1.42e01e',
      'avc1.4d001e',
      'avc1.64001e',
    ]);
    expect(codecNames({ width: 1280, height: 720 }, 30)[0]).toBe('avc1.42e01f');
    expect(codecNames({ width: 1280, height: 720 }, 60)[0]).toBe('avc1.42e020');
    expect(codecNames({ width: 1920, height: 1080 }, 30)[0]).toBe('avc1.42e028');
    expect(codecNames({ width: 7680, height: 4320 }, 60)[0]).toBe('avc1.42e033');
  });
});

it('keyframes come each second, whatever the frame rate, and when somebody asks', () => {
  for (const rate of [5, 24, 25, 29.97, 30, 60]) {
    const keyframes = new Keyframes();
    const times = Array.from({ length: Math.round(rate * 20) }, (_, i) => milliseconds((i * 1_000) / rate));
    const due = times.filter((time) => keyframes.isDue(time));
    expect(due).toHaveLength(20);
  }
  const keyframes = new Keyframes();
  expect([0, 100, 200].map((time) => keyframes.isDue(milliseconds(time)))).toEqual([true, false, false]);
  keyframes.reset();
  expect(keyframes.isDue(milliseconds(300))).toBe(true);
  expect(keyframes.isDue(milliseconds(100))).toBe(true);
});

it('the gate shuts for a long queue, and opens when it is short again', () => {
  const gate = new Gate();
  const verdicts = [0, 400, 501, 400, 251, 249, 400].map((delay) => gate.picture(milliseconds(delay), 0));
  expect(verdicts.map((verdict) => verdict === 'pass')).toEqual([
    true,
    true,
    false,
    false,
    false,
    true,
    true,
  ]);
  expect(gate.picture(milliseconds(0), 3)).toBe('encoder is busy');
  expect(gate.sound(milliseconds(1_000))).toBe('pass');
  expect(gate.sound(milliseconds(4_000))).toBe('uplink is full');
});

describe('the uplink', () => {
  it('waits for nothing when all has arrived', () => {
    const uplink = new Uplink();
    uplink.send(100, milliseconds(0));
    // How long the way is shows with the first answer.
    expect(uplink.queueDelay(milliseconds(400))).toBe(0);
    expect(uplink.queueDelay(milliseconds(1_500))).toBe(500);
    uplink.acknowledge(bytes(100), milliseconds(400));
    expect(uplink.queueDelay(milliseconds(500))).toBe(0);
    expect(uplink.delay(milliseconds(500))).toBe(400);
  });

  it('knows the way without a queue, and what has waited beyond it', () => {
    const uplink = new Uplink();
    uplink.send(100, milliseconds(0));
    uplink.acknowledge(bytes(100), milliseconds(30));
    uplink.send(100, milliseconds(100));
    uplink.send(100, milliseconds(150));
    uplink.acknowledge(bytes(200), milliseconds(230));
    expect(uplink.queueDelay(milliseconds(230))).toBe(100);
    expect(uplink.queueDelay(milliseconds(330))).toBe(150);
  });

  it('takes whatever is acknowledged, and keeps little', () => {
    const event = fc.oneof(
      fc.nat(100_000).map((size) => ({ kind: 'send' as const, size })),
      fc.nat(10_000_000).map((all) => ({ kind: 'ack' as const, all })),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), (events) => {
        const uplink = new Uplink();
        events.forEach((each, i) => {
          const now = milliseconds(i * 10);
          if (each.kind === 'send') uplink.send(each.size, now);
          else uplink.acknowledge(bytes(each.all), now);
          expect(uplink.queueDelay(now)).toBeGreaterThanOrEqual(0);
          expect(uplink.rate(now)).toBeGreaterThanOrEqual(0);
        });
      }),
    );
  });
});

it('sound has the time at which it was taken, whatever an encoder holds back and whatever is left out', () => {
  const times = new PositionTimes();
  expect(times.at(milliseconds(0))).toBeUndefined();
  for (const [position, time] of [
    [0, 500],
    [10, 510],
    [20, 1_520],
    [30, 1_530],
  ] as const)
    times.put(milliseconds(position), milliseconds(time));
  expect([0, 5, 15, 25, 40].map((position) => times.at(milliseconds(position)))).toEqual([
    500, 505, 515, 1_525, 1_540,
  ]);
});

it('the header of Opus is that of RFC 7845', () => {
  expect(Buffer.from(opusHead(2)).toString('hex')).toBe('4f707573486561640102000080bb0000000000');
});
