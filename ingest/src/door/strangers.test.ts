import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Strangers } from './strangers.js';

it('has few of one address, and the oldest one goes where there are too many in all', () => {
  const strangers = new Strangers<number>({ perAddress: 2, inAll: 3 });
  expect(strangers.come(1, '192.0.2.1')).toBeUndefined();
  expect(strangers.come(2, '192.0.2.1')).toBeUndefined();
  expect(strangers.mayCome('192.0.2.1')).toBe(false);
  expect(strangers.mayCome('192.0.2.2')).toBe(true);
  expect(strangers.come(3, '192.0.2.2')).toBeUndefined();
  expect(strangers.come(4, '192.0.2.3')).toBe(1);
  expect(strangers.mayCome('192.0.2.1')).toBe(true);
  strangers.leave(1);
  strangers.leave(2);
  expect(strangers.come(5, '192.0.2.3')).toBeUndefined();
});

it('counts right whatever comes and leaves, in whatever order', () => {
  const event = fc.record({ leaves: fc.boolean(), who: fc.nat(30), address: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 100 }), (events) => {
      const strangers = new Strangers<number>({ perAddress: 3, inAll: 7 });
      const here = new Map<number, string>();
      for (const { leaves, who, address } of events) {
        if (leaves) {
          strangers.leave(who);
          here.delete(who);
        } else if (!here.has(who)) {
          const from = `192.0.2.${address}`;
          const ofAddress = [...here.values()].filter((each) => each === from).length;
          expect(strangers.mayCome(from)).toBe(ofAddress < 3);
          if (ofAddress >= 3) continue;
          const oldest = here.size >= 7 ? [...here.keys()][0] : undefined;
          expect(strangers.come(who, from)).toBe(oldest);
          if (oldest !== undefined) here.delete(oldest);
          here.set(who, from);
        }
      }
    }),
  );
});
