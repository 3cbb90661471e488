import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkReader } from '../mpegts/chunk-reader.js';
import { AUDIO, chunksOf, join, transportStream, VIDEO, ZEROLATENCY } from '../testing/transport-stream.js';
import { sampleEntryOf } from './table.js';

const OPUS = '-c:a libopus -b:a 64k -ac 6';
const STREAMS = {
  h264: () => transportStream(`${VIDEO} ${AUDIO} ${ZEROLATENCY} ${OPUS}`, { seconds: 1 }),
  hevc: () =>
    transportStream(
      `${VIDEO} ${AUDIO} -c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params log-level=none:keyint=10:bframes=0 ${OPUS}`,
      { seconds: 1 },
    ),
};

const runs = { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 1000) };
const hits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 });

describe.each(Object.entries(STREAMS))('%s with Opus', (_, stream) => {
  const [video, audio] = new ChunkReader().read(join(chunksOf(stream()).map(({ data }) => data)))!;
  const [unit, packet] = [video!.units[0]!.data, audio!.units[0]!.data];

  it('is read or refused, whatever is damaged, and what was read can be set up', () => {
    if (video!.track.kind !== 'video' || audio!.track.kind !== 'audio') throw new Error('other tracks');
    const { codec } = video!.track;
    const sound = audio!.track.codec.reader(audio!.track.stream);
    const inspectSound = audio!.track.codec.inspect;
    fc.assert(
      fc.property(hits, fc.nat(unit.byteLength), (list, cut) => {
        const [picture, frames] = [unit.slice(0, cut), packet.slice(0, cut)];
        // The parameter sets, where a flipped bit does most, are in the first bytes.
        for (const [at, value] of list) {
          picture[at % Math.min(120, cut)] = value;
          frames[at % Math.min(6, cut)] = value;
        }
        codec.inspect(picture);
        const read = codec.read(picture);
        if (read?.config) expect(sampleEntryOf(read.config).byteLength).toBeGreaterThan(86);
        for (const frame of sound.read(frames, 0)) expect(frame.length).toBeGreaterThan(0);
        expect(inspectSound(frames, audio!.track.stream).duration).toBeGreaterThanOrEqual(0);
      }),
      runs,
    );
  });

  it('takes no more NAL units and parameter sets than a picture has', () => {
    if (video!.track.kind !== 'video') throw new Error('other tracks');
    const { codec } = video!.track;
    // A quadratic algorithm would take hours on any of them.
    for (const head of [0x67, 0x68, 0x42, 0x44, 0x06, 0x09]) {
      const flood = new Uint8Array(7 * 100_000);
      for (let at = 0; at < flood.byteLength; at += 7)
        flood.set([0, 0, 1, head, 1, 1 + (at % 199), 1 + (at % 101)], at);
      codec.inspect(join([flood, unit]));
      expect(codec.read(join([flood, unit]))).toBeUndefined();
    }
    const long = join([unit.subarray(0, 5), new Uint8Array(8 << 20).fill(0x5a), unit]);
    codec.inspect(long);
    codec.read(long);
  });
});
