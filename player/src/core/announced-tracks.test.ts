import { describe, expect, it } from 'vitest';
import { announcedTracks } from './announced-tracks.js';

/** PAT packet (not read), then a PMT packet with these stream types, as ISO 13818-1 2.4.4.8 has it. */
function keyframeChunk(...types: number[]): Uint8Array {
  const streams = types.flatMap((type, index) => [type, 0xe1, index, 0xf0, 0]);
  const section = [
    0x02,
    0xb0,
    13 + streams.length,
    0,
    1,
    0xc1,
    0,
    0,
    0xe1,
    0,
    0xf0,
    0,
    ...streams,
    1,
    2,
    3,
    4,
  ];
  const chunk = new Uint8Array(3 * 188).fill(0xff);
  chunk.set([0x47, 0x50, 0x00, 0x10, 0, ...section], 188);
  return chunk;
}

describe('announced tracks', () => {
  it('reads them from the tables of a keyframe chunk', () => {
    expect(announcedTracks(keyframeChunk(0x1b, 0x0f))).toEqual({ video: true, audio: true });
    expect(announcedTracks(keyframeChunk(0x1b))).toEqual({ video: true, audio: false });
    expect(announcedTracks(keyframeChunk(0x06, 0x0f))).toEqual({ video: false, audio: true });
  });

  it('says nothing of other bytes', () => {
    expect(announcedTracks(new Uint8Array(0))).toBeUndefined();
    expect(announcedTracks(new Uint8Array(376).fill(0xff))).toBeUndefined();
    expect(announcedTracks(keyframeChunk(0x06))).toBeUndefined();
  });
});
