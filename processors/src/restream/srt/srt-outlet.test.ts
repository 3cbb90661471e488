import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import { expect, it } from 'vitest';
import type { DestinationError } from '../destination-error.js';
import { SrtOutlet } from './srt-outlet.js';

it('drops what an ffmpeg that hangs does not take, and has it started again', () => {
  const ends: DestinationError[] = [];
  let now: Milliseconds = milliseconds(0);
  const sender = {
    unsent: 0,
    send: () => expect.unreachable(),
    ended: new Promise<DestinationError>(() => undefined),
    end: (error: DestinationError) => void ends.push(error),
    close: async () => undefined,
  };
  const outlet = new SrtOutlet(sender, () => now);
  const give = () =>
    outlet.take({
      samples: { video: [], audio: [], data: [] } as never,
      ...{ isStart: true, mayConnect: true, tracks: { video: true, audio: true } },
    });
  give();
  sender.unsent = 8 << 20;
  for (now = milliseconds(1_000); now <= 15_000; now = milliseconds(now + 1_000)) give();
  expect(ends).toEqual([]);
  give();
  expect(ends[0]).toMatchObject({ code: 'stalled' });
});
