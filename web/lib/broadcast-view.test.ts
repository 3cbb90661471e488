import type { BroadcastState, BroadcastStats } from '@topicast/broadcast';
import { bitsPerSecond, bytes, milliseconds } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import { broadcastFacts, broadcastSaying } from './broadcast-view';

const stats = (part: Partial<BroadcastStats> = {}): BroadcastStats => ({
  ...{ bitrate: bitsPerSecond(2_400_000), ceiling: bitsPerSecond(2_500_000) },
  ...{
    pictureBitrate: bitsPerSecond(2_500_000),
    frameRate: 29.6,
    width: 1280,
    height: 720,
    codec: 'avc1.42e01f',
  },
  ...{ delay: milliseconds(12.4), queueDelay: milliseconds(0), encodeDelay: milliseconds(4) },
  ...{ dropped: { uplink: 0, encoder: 0, sound: 0 }, sent: bytes(1e6) },
  ...part,
});
const ON_AIR: BroadcastState = { at: 'on air' };
const lost = (uplink: number, encoder: number) => stats({ dropped: { uplink, encoder, sound: 0 } });

describe('what a streamer sees', () => {
  it('is in words and units', () => {
    expect(broadcastFacts(lost(1, 2))).toEqual([
      ['Sent', '2.4 Mbit/s'],
      ['Frame rate', '30 fps'],
      ['Size', '1280 × 720'],
      ['To the server and back', '12 ms'],
      ['Left out', '3 pictures'],
    ]);
  });

  it('is calm while all is well, and while old losses are over', () => {
    expect(broadcastSaying(ON_AIR, stats(), undefined)).toEqual({ tone: 'good', words: 'You are on air.' });
    expect(broadcastSaying(ON_AIR, lost(9, 9), lost(9, 9)).tone).toBe('good');
  });

  it('says what to change', () => {
    expect(broadcastSaying(ON_AIR, lost(4, 0), lost(3, 0)).words).toMatch(/uplink .* smaller size/);
    expect(broadcastSaying(ON_AIR, lost(0, 4), lost(0, 3)).words).toMatch(/encodes too slowly/);
    const held = stats({ encodeDelay: milliseconds(1_400) });
    expect(broadcastSaying(ON_AIR, held, held).words).toMatch(/holds each picture back for 1.4 s/);
    const without = stats({ frameRate: 0 });
    expect(broadcastSaying(ON_AIR, without, without)).toMatchObject({
      tone: 'bad',
      words: expect.stringContaining('no picture is sent'),
    });
    const beginning = stats({ frameRate: 0, encodeDelay: milliseconds(0) });
    expect(broadcastSaying(ON_AIR, beginning, undefined).tone).toBe('good');
    const slow = stats({ pictureBitrate: bitsPerSecond(800_000) });
    expect(broadcastSaying(ON_AIR, slow, slow).words).toMatch(/800 kbit\/s instead of 2.5 Mbit\/s/);
  });

  it('says whether it comes back by itself', () => {
    expect(broadcastSaying({ at: 'waiting', words: 'Lost.' }, undefined, undefined).words).toMatch(
      /by itself/,
    );
    expect(broadcastSaying({ at: 'ended', words: 'Stopped.' }, undefined, undefined)).toEqual({
      tone: 'bad',
      words: 'Stopped.',
    });
  });
});
