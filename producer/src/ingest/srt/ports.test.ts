import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignPorts } from './ports.js';

const RANGE = { first: 9_000, last: 9_009 };
const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { maxLength: 20 });

describe('the ports for SRT', () => {
  it('are one for each stream as far as they reach, and stay while the stream does', () => {
    fc.assert(
      fc.property(fc.array(names, { maxLength: 8 }), (changes) => {
        let ports: ReadonlyMap<string, number> = new Map();
        for (const streams of changes) {
          const next = assignPorts(streams, RANGE, ports);
          expect(next.size).toBe(Math.min(streams.length, 10));
          expect(new Set(next.values()).size).toBe(next.size);
          for (const port of next.values())
            expect(port).toSatisfy((each: number) => each >= 9_000 && each <= 9_009);
          for (const [stream, port] of ports)
            if (streams.includes(stream)) expect(next.get(stream)).toBe(port);
          ports = next;
        }
      }),
    );
  });

  it('are the same after a restart', () => {
    const streams = ['camera', 'desk', 'show'];
    const first = assignPorts(streams, RANGE, new Map());
    expect(assignPorts(streams.toReversed(), RANGE, new Map())).toEqual(first);
    expect(assignPorts(['show'], RANGE, new Map()).get('show')).toBe(first.get('show'));
  });
});
