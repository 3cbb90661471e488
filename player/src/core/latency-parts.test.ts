import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latencyParts } from './latency-parts.js';

const parts = (latency: number, arrival: number, screen: number, delays?: [encoder: number, log: number]) =>
  latencyParts({
    latency: milliseconds(latency),
    arrival: milliseconds(arrival),
    screen: milliseconds(screen),
    delays: delays && { encoder: milliseconds(delays[0]), log: milliseconds(delays[1]) },
  });

const ms = fc.double({ min: -500, max: 5_000, noNaN: true });

describe('the parts of the latency', () => {
  it('are what each place has measured, and what is left between them', () => {
    expect(parts(180, 65, 10, [25, 5])).toEqual({
      encoderMs: 25,
      logMs: 5,
      networkMs: 35,
      bufferMs: 105,
      screenMs: 10,
    });
  });

  it('of a gateway that does not say more are the delivery as a whole', () => {
    expect(parts(180, 65, 10)).toEqual({ deliveryMs: 65, bufferMs: 105, screenMs: 10 });
  });

  it('fit into the whole where clocks disagree', () => {
    expect(parts(180, 65, 10, [400, -20])).toMatchObject({ encoderMs: 65, logMs: 0, networkMs: 0 });
  });

  it('always add up', () => {
    fc.assert(
      fc.property(
        ms,
        ms,
        ms,
        fc.option(fc.tuple(ms, ms), { nil: undefined }),
        (latency, arrival, screen, delays) => {
          const sum = Object.values(parts(latency, arrival, screen, delays)).reduce((a, b) => a + b, 0);
          expect(sum).toBeCloseTo(latency, 6);
        },
      ),
    );
  });
});
