import fc from 'fast-check';
import { AUDIO_PID, VIDEO_PID } from './packetizer.js';
import { join } from './transport-stream.js';

/** What may happen to a chunk. */
type Damage =
  | { kind: 'drop' | 'repeat' }
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'cut'; at: number }
  | { kind: 'insert'; bytes: Uint8Array }
  | { kind: 'flag' };

/** Bytes that look like transport packets on the PIDs of the stream. */
export const noise = fc
  .array(
    fc.record({
      pid: fc.constantFrom(0, 0x1000, VIDEO_PID, AUDIO_PID),
      start: fc.boolean(),
      control: fc.integer({ min: 0, max: 0x3f }),
      body: fc.uint8Array({ minLength: 184, maxLength: 184 }),
    }),
    { maxLength: 6 },
  )
  .map((packets) =>
    join(
      packets.map(({ pid, start, control, body }) =>
        Uint8Array.from([0x47, (start ? 0x40 : 0) | (pid >> 8), pid & 0xff, control, ...body]),
      ),
    ),
  );

export const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constantFrom('drop' as const, 'repeat' as const) }),
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(1 << 20), bit: fc.integer({ min: 0, max: 7 }) }),
  // The headers of packets and PES packets, where a flipped bit does most harm.
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(800), bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(1 << 20) }),
  fc.record({
    kind: fc.constant('insert' as const),
    bytes: fc.oneof(noise, fc.uint8Array({ maxLength: 600 })),
  }),
  fc.record({ kind: fc.constant('flag' as const) }),
);

/** The part of a chunk that arrives. */
export function damaged(data: Uint8Array, how: Damage): Uint8Array[] {
  switch (how.kind) {
    case 'drop':
      return [];
    case 'repeat':
      return [data, data];
    case 'cut':
      return [data.subarray(0, how.at % data.byteLength)];
    case 'insert':
      return [how.bytes, data];
    case 'flag':
      return [data];
    case 'flip': {
      const copy = data.slice();
      copy[how.at % data.byteLength]! ^= 1 << how.bit;
      return [copy];
    }
  }
}
