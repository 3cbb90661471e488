import { describe, expect, it } from 'vitest';
import { mp4 } from '../fmp4/live/fragment-writer.js';
import { Transmuxer } from '../fmp4/live/transmuxer.js';
import { Chunker } from '../mpegts/chunker.js';
import { decodedFrames } from '../testing/decode.js';
import { boxAt, boxesOf } from '../testing/mp4.js';
import {
  AAC,
  AUDIO,
  chunksOf,
  join,
  transportStream,
  VIDEO,
  ZEROLATENCY,
} from '../testing/transport-stream.js';

const OPUS = '-c:a libopus -b:a 64k';
const x265 = (options: string) =>
  `-c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params log-level=none:${options}`;

const STREAMS: Record<
  string,
  { stream: () => Uint8Array; video?: RegExp; audio: string; keyframes?: number }
> = {
  'HEVC and Opus at low delay': {
    stream: () => transportStream(`${VIDEO} ${AUDIO} ${x265('keyint=30:bframes=0')} ${OPUS}`),
    video: /^hvc1\.1\.6\.L\d+(\.[0-9A-F]+)*$/,
    audio: 'opus',
    keyframes: 4,
  },
  'HEVC with B-frames, open GOPs and AAC': {
    stream: () => transportStream(`${VIDEO} ${AUDIO} ${x265('keyint=30:bframes=3:open-gop=1')} ${AAC}`),
    video: /^hvc1\.1\.6\.L\d+/,
    audio: 'mp4a.40.2',
    keyframes: 4,
  },
  'HEVC with ten bits, cropped': {
    stream: () =>
      transportStream(
        `-f lavfi -i testsrc2=s=322x182:r=30 ${AUDIO} -c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -x265-params log-level=none:keyint=30:bframes=0 ${OPUS}`,
      ),
    video: /^hvc1\.2\.4\.L\d+/,
    audio: 'opus',
    keyframes: 4,
  },
  'H.264 and stereo Opus': {
    stream: () => transportStream(`${VIDEO} ${AUDIO} ${ZEROLATENCY} ${OPUS} -ac 2`),
    video: /^avc1\./,
    audio: 'opus',
    keyframes: 4,
  },
  'Opus in six channels, alone': {
    stream: () => transportStream(`-f lavfi -i anoisesrc=c=pink:r=48000:a=0.1 ${OPUS} -ac 6 -b:a 256k`),
    audio: 'opus',
  },
};

describe.each(Object.entries(STREAMS))('%s', (_, { stream, video, audio, keyframes }) => {
  const fragments = () => {
    const transmuxer = new Transmuxer(mp4);
    return chunksOf(stream()).flatMap(({ data, discontinuity }) => transmuxer.push(data, { discontinuity }));
  };

  it('is cut into chunks at once, none lost, and named', () => {
    let seen = 0;
    const chunker = new Chunker(() => seen++);
    chunker.push(stream());
    chunker.end();
    expect(chunker.stats).toMatchObject({
      droppedAccessUnits: 0,
      droppedUnits: 0,
      ignoredPackets: expect.any(Number),
    });
    expect(chunker.tracks.map(({ kind }) => kind)).toEqual(video ? ['video', 'audio'] : ['audio']);
    if (video) expect(chunker.format.video?.codec).toMatch(video);
    expect(chunker.format.audio).toMatchObject({ codec: audio, sampleRate: 48_000 });
    expect(seen).toBeGreaterThan(60);
  });

  it('decodes to the same pictures and sounds', () => {
    const all = fragments();
    for (const track of new Set(all.map((fragment) => fragment.track))) {
      const file = join(
        all.flatMap((each) =>
          each.track === track ? [...(each.init ? [each.init.data] : []), each.data] : [],
        ),
      );
      const [before, after] = [decodedFrames(stream(), track), decodedFrames(file, track)];
      expect(before.length).toBeGreaterThan(50);
      expect(after.length, track).toBe(before.length);
      expect(after.join() === before.join(), track).toBe(true);
    }
    if (keyframes)
      expect(all.filter(({ track, keyframe }) => track === 'video' && keyframe)).toHaveLength(keyframes);
  });

  it('names its codecs for the browser in the init segments', () => {
    const inits = fragments().flatMap(({ init }) => init ?? []);
    expect(inits).toHaveLength(video ? 2 : 1);
    for (const { mimeType, data } of inits) {
      const entry = boxesOf(boxAt(data, 'moov/trak/mdia/minf/stbl/stsd').subarray(8))[0]!;
      const codec = /codecs="(.+)"/.exec(mimeType)![1]!;
      expect(entry.type.toLowerCase()).toBe(codec.split('.')[0]);
    }
  });
});
