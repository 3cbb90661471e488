import { describe, expect, it } from 'vitest';
import { accessUnit, IDR_SLICE, PPS, SLICE, SPS } from '../testing/h264-units.js';
import { adtsFrame } from '../testing/packetizer.js';
import type { Chunk } from './chunk.js';
import { Chunker } from './chunker.js';
import { OtherTables } from './other-tables.js';
import { programmeIn, trackPidsOf } from './parts.js';
import { PictureAlone } from './picture-alone.js';
import { TransportWriter, type WrittenTrack } from './transport-writer.js';

const NONE = new Uint8Array(0);
const SOUND: WrittenTrack = { pid: 0x100, type: 0x0f, streamId: 0xc0, descriptors: NONE };
const pictureOf = (type: number): WrittenTrack => ({ pid: 0x41, type, streamId: 0xe0, descriptors: NONE });

/** Two seconds with a keyframe each, and sound in between. */
function chunksOf(video: WrittenTrack): Chunk[] {
  const chunks: Chunk[] = [];
  const chunker = new Chunker((chunk) => chunks.push(chunk));
  const writer = new TransportWriter();
  for (let index = 0; index < 50; index++) {
    const isKey = index % 25 === 0;
    const dts = 90_000 + index * 3_600;
    if (isKey) chunker.push(writer.announce([video, SOUND]));
    const payload = isKey ? accessUnit(SPS, PPS, IDR_SLICE) : accessUnit(SLICE);
    chunker.push(writer.unit(SOUND, { payload: adtsFrame(new Uint8Array(200)), pts: dts, dts, isKey: true }));
    chunker.push(writer.unit(video, { payload, pts: dts + 7_200, dts, isKey }));
  }
  chunker.end();
  return chunks;
}

const times = (chunks: readonly Chunk[]) =>
  chunks
    .filter(({ audioOnly }) => !audioOnly)
    .map(({ keyframe, decodeTime, presentationOffset }) => [keyframe, decodeTime, presentationOffset]);

describe('the picture alone', () => {
  it('is whole, with tables that name nothing else', () => {
    const chunks = chunksOf(pictureOf(0x1b));
    const alone = new PictureAlone();
    const again: Chunk[] = [];
    const chunker = new Chunker((chunk) => again.push(chunk));
    for (const { data, keyframe } of chunks) chunker.push(alone.of(data, keyframe));
    chunker.end();
    expect(times(again)).toEqual(times(chunks));
    expect(times(again).length).toBe(50);
    expect(chunker.tracks.map(({ kind, pid }) => [kind, pid])).toEqual([['video', 0x41]]);
    expect(chunker.stats).toMatchObject({ continuityErrors: 0, ignoredPackets: 0 });
  });

  it('is nothing before the first tables', () => {
    const { data } = chunksOf(pictureOf(0x1b))[1]!;
    expect(new PictureAlone().of(data, false)).toEqual(NONE);
    expect(new PictureAlone().of(new Uint8Array(188), true)).toEqual(NONE);
  });
});

describe('other tables', () => {
  it('say that a picture is H.264 where it was not, and name the sound as before', () => {
    const writer = new TransportWriter();
    const tables = writer.announce([pictureOf(0x24), SOUND]);
    const changed = new OtherTables().ofH264(tables)!;
    expect(trackPidsOf(changed)).toEqual(trackPidsOf(tables));
    expect(programmeIn(changed)?.programme.streams.map(({ type }) => type)).toEqual([0x1b, 0x0f]);
    expect(new OtherTables().ofH264(changed)).toBeUndefined();
  });
});
