import { expect, it } from 'vitest';
import { ControlFrames, catalogFrame } from './control-frames.js';

it('holds one frame of each kind at most, however much a viewer asks while it does not read', () => {
  const control = new ControlFrames();
  for (let count = 0; count < 1_000; count += 1) {
    control.answerPing(Buffer.from(`ping ${count}`));
    control.answerClock(count, undefined);
    control.askForLife(Buffer.from(`life ${count}`));
    control.setCatalog(catalogFrame({ session: count, renditions: [{ rendition: 0, tracks: [] }] }));
    control.answerRendition(count % 3);
    control.askToMove();
    control.setState(count % 2 === 0 ? 'live' : 'offline');
  }
  const frames: Buffer[] = [];
  control.drainInto(frames);
  expect(frames).toHaveLength(7);
  expect(frames.at(-1)!.toString('latin1')).toBe('\x8a\x08ping 999');
  expect(control.isWaiting).toBe(false);
  control.drainInto(frames);
  expect(frames).toHaveLength(7);
});
