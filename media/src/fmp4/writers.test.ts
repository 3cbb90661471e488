import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from '@topicast/test/temporary';
import { expect, it } from 'vitest';
import type { Chunk } from '../mpegts/chunk.js';
import { MediaTimeline } from '../samples/media-timeline.js';
import type { AudioRun, VideoSample } from '../samples/sample.js';
import { SampleReader } from '../samples/sample-reader.js';
import { StreamClock } from '../samples/stream-clock.js';
import { decodedFrames } from '../testing/decode.js';
import { boxAt, boxesOf, readFragment } from '../testing/mp4.js';
import {
  AAC,
  AUDIO,
  chunksOf,
  join,
  transportStream,
  VIDEO,
  ZEROLATENCY,
} from '../testing/transport-stream.js';
import { RecordingWriter } from './recording.js';
import { cmafInit, cmafPart } from './segments.js';
import { timedPictures, timedSound } from './timed-samples.js';

const STREAMS = {
  'H.264 and AAC': () => transportStream(`${VIDEO} ${AUDIO} ${ZEROLATENCY} ${AAC}`),
  'H.264 with B-frames': () =>
    transportStream(`${VIDEO} ${AUDIO} -c:v libx264 -preset veryfast -bf 3 -g 30 -pix_fmt yuv420p ${AAC}`),
  'HEVC and Opus': () =>
    transportStream(
      `${VIDEO} ${AUDIO} -c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params log-level=none:keyint=30:bframes=3 -c:a libopus`,
    ),
};

interface Gop {
  readonly pictures: readonly VideoSample[];
  readonly sound: readonly AudioRun[];
  readonly next: VideoSample | undefined;
}

/** The samples of a stream in GOPs, as a reader of the log has them. */
function gopsOf(chunks: readonly Chunk[], reader: SampleReader, clock?: StreamClock): Gop[] {
  const gops: { pictures: VideoSample[]; sound: AudioRun[] }[] = [];
  for (const chunk of chunks) {
    clock?.begin(chunk);
    if (chunk.keyframe) {
      gops.push({ pictures: [], sound: [] });
      reader.resync();
    }
    const { video, audio } = reader.push(chunk.data, chunk);
    gops.at(-1)!.pictures.push(...video);
    gops.at(-1)!.sound.push(...audio);
  }
  return gops.map((gop, i) => ({ ...gop, next: gops[i + 1]?.pictures[0] }));
}

const decodeTimeOf = (picture: VideoSample | undefined) => picture?.placement.decode;

/** Parts of a GOP's pictures, of so many each, and the last one. */
function partsOf({ pictures, next }: Gop, segment: number, size = 8): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < pictures.length; at += size) {
    const after = pictures[at + size] ?? next;
    const timed = timedPictures(pictures.slice(at, at + size), decodeTimeOf(after));
    parts.push(cmafPart({ segment, part: parts.length }, timed));
  }
  return parts;
}

const soundOf = ({ sound }: Gop, segment: number) =>
  sound.map((run, part) => cmafPart({ segment, part }, timedSound(run)));

const digest = (parts: readonly Uint8Array[]) => createHash('sha1').update(join(parts)).digest('hex');

const probe = (file: string, what: string) =>
  JSON.parse(
    execFileSync('ffprobe', ['-v', 'error', ...what.split(' '), '-of', 'json', file], {
      maxBuffer: 1 << 26,
    }).toString(),
  );

it.each(Object.entries(STREAMS))('segments of %s are their parts, with true durations', (_, stream) => {
  const reader = new SampleReader(new MediaTimeline());
  const gops = gopsOf(chunksOf(stream()), reader);
  const config = gops[0]!.pictures[0]!.config;
  const segments = gops.map((gop, i) => partsOf(gop, i));
  let end: number | undefined;
  for (const parts of segments) {
    expect(boxesOf(join(parts)).map(({ type }) => type)).toEqual([
      'styp',
      ...parts.flatMap(() => ['moof', 'mdat']),
    ]);
    for (const [i, part] of parts.entries()) {
      const fragment = i === 0 ? part.subarray(8 + boxesOf(part)[0]!.body.byteLength) : part;
      const { decodeTime, samples } = readFragment(fragment);
      if (end !== undefined) expect(decodeTime).toBe(end);
      end = samples.reduce((time, { duration }) => time + duration, decodeTime);
      for (const { duration } of samples) expect(duration).toBe(3000);
      expect(boxAt(fragment, 'moof/traf/tfhd')[1]! & 2, 'default-base-is-moof').toBe(2);
    }
  }
  const file = join([cmafInit(config), ...segments.flat()]);
  expect(decodedFrames(file, 'video').join() === decodedFrames(stream(), 'video').join()).toBe(true);
});

it('segments are the same bytes wherever the reader began', () => {
  const chunks = chunksOf(
    transportStream(`${VIDEO} ${AUDIO} ${ZEROLATENCY} ${AAC} -output_ts_offset 95442.5`),
  );
  const read = (from: number) => {
    const clock = new StreamClock();
    const gops = gopsOf(chunks.slice(from), new SampleReader(clock, Number.NEGATIVE_INFINITY), clock);
    const first = chunks.slice(0, from).filter(({ keyframe }) => keyframe).length;
    return gops.map((gop, i) => digest([...partsOf(gop, first + i), ...soundOf(gop, first + i)]));
  };
  const whole = read(0);
  const starts = chunks.flatMap(({ keyframe }, i) => (keyframe ? [i] : []));
  expect(starts.length).toBe(4);
  for (const [i, start] of starts.entries()) expect(read(start)).toEqual(whole.slice(i));
});

/** B-frames are shown a little after their time, and sound begins before the picture. */
function expectFourSeconds(seconds: number): void {
  expect(Math.abs(seconds - 4)).toBeLessThan(0.1);
}

it.each(Object.entries(STREAMS))(
  'a recording of %s is one file that plays, seeks and tells its length',
  (_, stream) => {
    const gops = gopsOf(chunksOf(stream()), new SampleReader(new MediaTimeline()));
    const [picture, run] = [gops[0]!.pictures[0]!, gops[0]!.sound[0]!];
    const writer = new RecordingWriter([picture, { ...run, language: 'deu' }]);
    expect([writer.takes(picture), writer.takes({ ...run, pid: 7 })]).toEqual([true, false]);
    const parts = [writer.begin()];
    for (const { pictures, sound, next } of gops) {
      parts.push(writer.pictures(pictures, decodeTimeOf(next)), ...sound.map((each) => writer.sound(each)));
    }
    const { index, patch } = writer.end();
    const unfinished = join(parts);
    const file = join([...parts, index]);
    file.set(patch.bytes, patch.position);

    using folder = temporaryFolder();
    const name = path.join(folder.path, 'recording.mp4');
    writeFileSync(name, file);
    const { format, streams } = probe(name, '-show_format -show_streams');
    for (const { duration } of [format, ...streams]) expectFourSeconds(Number(duration));
    expect(streams[1].tags.language).toBe('deu');
    const { packets } = probe(
      name,
      '-select_streams v -show_packets -show_entries packet=dts,duration,flags',
    );
    expect(packets.length).toBe(120);
    for (const packet of packets) expect(packet.duration).toBe(3000);
    const mehd = boxAt(file, 'moov/mvex/mehd');
    expectFourSeconds(new DataView(mehd.buffer, mehd.byteOffset).getUint32(4) / 90_000);
    const seek = spawnSync(
      'ffmpeg',
      ['-v', 'error', '-ss', '2', '-i', name, '-frames:v', '1', '-f', 'framemd5', '-'],
      { encoding: 'utf8' },
    );
    expect(seek.stderr).toBe('');
    expect(seek.stdout.split('\n').filter((line) => line.startsWith('0,'))).toHaveLength(1);
    for (const bytes of [file, unfinished]) {
      for (const track of ['video', 'audio'] as const) {
        expect(decodedFrames(bytes, track).join() === decodedFrames(stream(), track).join(), track).toBe(
          true,
        );
      }
    }
  },
);
