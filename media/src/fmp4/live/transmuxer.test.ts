import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../mpegts/chunk.js';
import type { AudioRun } from '../../samples/sample.js';
import { damage, damaged, noise } from '../../testing/damage.js';
import { decodedFrames } from '../../testing/decode.js';
import { boxesOf, readFragment } from '../../testing/mp4.js';
import {
  AAC,
  AUDIO,
  chunksOf,
  join,
  transportStream,
  VIDEO,
  ZEROLATENCY,
} from '../../testing/transport-stream.js';
import type { Fragment, TrackKind } from './fragment.js';
import { coded, mp4 } from './fragment-writer.js';
import { Transmuxer } from './transmuxer.js';

/** The fragments of each chunk. */
const transmux = (chunks: readonly Chunk[], transmuxer = new Transmuxer(mp4)): Fragment[][] =>
  chunks.map(({ data, discontinuity }) => transmuxer.push(data, { discontinuity }));

const of = (track: TrackKind, fragments: readonly Fragment[]) =>
  fragments.filter((fragment) => fragment.track === track);

/** The file that a track's fragments make. */
const fileOf = (fragments: readonly Fragment[]) =>
  join(fragments.flatMap(({ init, data }) => (init ? [init.data, data] : [data])));

/** A digest, because a failing comparison of megabytes takes minutes to print. */
const payloadOf = ({ data }: Fragment) => createHash('sha1').update(boxesOf(data)[1]!.body).digest('base64');

const av = () => transportStream(`${VIDEO} ${AUDIO} ${ZEROLATENCY} ${AAC}`);
const x264 = (options: string) => `-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 30 ${options}`;

const STREAMS: Record<string, { stream: () => Uint8Array; inOrder?: false; priming?: number }> = {
  'audio and video': { stream: av },
  'video only': { stream: () => transportStream(`${VIDEO} ${ZEROLATENCY}`) },
  'audio only, 44.1 kHz stereo': {
    stream: () => transportStream(`-f lavfi -i sine=f=440:r=44100 ${AAC} -ac 2`),
  },
  'access unit delimiters and slices': {
    stream: () => transportStream(`${VIDEO} ${AUDIO} ${ZEROLATENCY} -x264-params aud=1:slices=4 ${AAC}`),
  },
  'B-frames': {
    stream: () => transportStream(`${VIDEO} ${AUDIO} ${x264('-bf 3')} ${AAC}`),
    inOrder: false,
  },
  'B-frames, open GOPs': {
    stream: () => transportStream(`${VIDEO} ${AUDIO} ${x264('-bf 3 -x264-params open-gop=1')} ${AAC}`),
    inOrder: false,
  },
  'two frames a second': {
    stream: () => transportStream(`-f lavfi -i testsrc2=s=320x180:r=2 ${AUDIO} ${ZEROLATENCY} -g 2 ${AAC}`),
  },
  'access units over 64 KB': {
    stream: () =>
      transportStream(
        `-f lavfi -i nullsrc=s=640x360:r=30,geq=random(1)*255:128:128 ${AUDIO} ${ZEROLATENCY} -qp 4 ${AAC}`,
        { seconds: 1 },
      ),
  },
  'several AAC frames in a PES packet': {
    stream: () => transportStream(`${VIDEO} ${AUDIO} ${ZEROLATENCY} ${AAC}`, { lowLatency: false }),
    // Its first PES packet is complete after the first picture, and begins one frame before it.
    priming: 1,
  },
  'the rollover of the time stamps in the middle': {
    stream: () => transportStream(`${VIDEO} ${AUDIO} ${ZEROLATENCY} ${AAC} -output_ts_offset 95441.7`),
  },
};

describe.each(Object.entries(STREAMS))('%s', (_, { stream, inOrder = true, priming = 0 }) => {
  it('gives the sound beside a picture to whoever takes it: the same frames at the same times', () => {
    const chunks = chunksOf(stream());
    const all = transmux(chunks).flat();
    const runs: AudioRun[] = [];
    const left = transmux(chunks, new Transmuxer(mp4, (run) => runs.push(run))).flat();
    const [pictures, sounds] = [of('video', all), of('audio', all)];
    if (pictures.length === 0) {
      expect([runs, left.map(payloadOf)]).toEqual([[], sounds.map(payloadOf)]);
      return;
    }
    expect(left.map(payloadOf)).toEqual(pictures.map(payloadOf));
    const timesOf = (run: AudioRun) => [run.start / run.config.sampleRate, run.frames.length];
    expect(runs.map(timesOf)).toEqual(
      sounds.map(({ start, samples }) => [expect.closeTo(start, 6), samples]),
    );
  });

  it('gives one fragment an access unit, with the chunk that brings it, and one of audio', () => {
    const chunks = chunksOf(stream());
    const given = transmux(chunks);
    given.forEach((fragments, i) => {
      const { audioOnly, keyframe } = chunks[i]!;
      const video = of('video', fragments);
      expect(video.length).toBe(audioOnly ? 0 : 1);
      if (!audioOnly) expect(video[0]!.keyframe).toBe(keyframe);
      expect(of('audio', fragments).length).toBeLessThanOrEqual(1);
    });
    const all = given.flat();
    expect(all.filter(({ discontinuity }) => discontinuity)).toEqual([]);
    expect(
      all
        .filter(({ init }) => init)
        .map(({ track }) => track)
        .sort(),
    ).toEqual([...new Set(all.map(({ track }) => track))].sort());
    for (const track of ['video', 'audio'] as const)
      expectContinuous(of(track, all), track === 'audio' || inOrder);
  });

  it('gives a decoder that reads no MP4 the same samples without boxes', () => {
    const chunks = chunksOf(stream());
    const bare = transmux(chunks, new Transmuxer(coded)).flat();
    const digest = ({ data }: Fragment) => createHash('sha1').update(data).digest('base64');
    expect(bare.map(digest)).toEqual(transmux(chunks).flat().map(payloadOf));
  });

  it('decodes to the same pictures and sounds, none lost and none twice', () => {
    const all = transmux(chunksOf(stream())).flat();
    for (const track of new Set(all.map(({ track }) => track))) {
      const before = decodedFrames(stream(), track);
      const after = decodedFrames(fileOf(of(track, all)), track);
      expect(before.length).toBeGreaterThan(5);
      const missing = track === 'audio' ? priming : 0;
      expect(after.length, track).toBe(before.length - missing);
      // ffmpeg's AAC decoder fills in noise from a generator that runs from the first frame on.
      if (missing === 0) expect(after.join() === before.join(), track).toBe(true);
    }
  });
});

/** Decode times grow, and the presented media have neither gaps nor overlaps. */
function expectContinuous(fragments: readonly Fragment[], inOrder: boolean): void {
  const read = fragments.map(({ data }) => readFragment(data));
  read.forEach(({ decodeTime, sequence }, i) => {
    expect(sequence).toBe(i);
    if (i > 0) expect(decodeTime).toBeGreaterThan(read[i - 1]!.decodeTime);
  });
  const shown = inOrder ? fragments : [...fragments].sort((a, b) => a.start - b.start);
  for (let i = 2; i < shown.length; i++) expect(shown[i]!.start).toBeCloseTo(shown[i - 1]!.end, 4);
}

describe('joining, leaving and coming back', () => {
  it('begins at any keyframe, at 0, and gives nothing before one', () => {
    const chunks = chunksOf(av());
    const keyframes = chunks.flatMap(({ keyframe }, i) => (keyframe ? [i] : []));
    expect(keyframes.length).toBeGreaterThan(2);
    for (const at of keyframes) {
      const [first, ...rest] = transmux(chunks.slice(at));
      expect(Math.min(...first!.map(({ start }) => start))).toBe(0);
      expect(of('video', first!)[0]!.init).toBeDefined();
      expect(of('video', rest.flat()).length).toBe(
        chunks.slice(at + 1).filter(({ audioOnly }) => !audioOnly).length,
      );
    }
    const transmuxer = new Transmuxer(mp4);
    expect(transmux(chunks.slice(1, keyframes[1]), transmuxer).flat()).toEqual([]);
    expect(transmuxer.stats).toMatchObject({ damagedChunks: 0 });
  });

  it('goes on at a jump to another keyframe, a new session and another format, without a gap of sound', () => {
    const other = transportStream(
      `-f lavfi -i testsrc2=s=160x90:r=25 -f lavfi -i sine=f=880:r=44100 ${x264('-bf 2')} ${AAC} -ac 2`,
    );
    const [first, second] = [chunksOf(av()), chunksOf(other)];
    const third = first.slice(60);
    const given = transmux([...first.slice(0, 45), ...second, ...third]).flat();
    const video = of('video', given);
    expect(video.length).toBe(
      [...first.slice(0, 45), ...second, ...third].filter((chunk) => !chunk.audioOnly).length,
    );
    expect(video.filter(({ discontinuity }) => discontinuity).length).toBe(2);
    expect(video.flatMap(({ init }) => (init ? [init.width] : []))).toEqual([320, 160, 320]);
    const audio = of('audio', given);
    expect(audio.filter(({ discontinuity }) => discontinuity).length).toBe(2);
    for (let i = 1; i < audio.length; i++) {
      expect(Math.abs(audio[i]!.start - audio[i - 1]!.end)).toBeLessThan(0.024);
    }
  });

  it('waits for a keyframe after loss, and says so', () => {
    const chunks = chunksOf(av());
    const lossy = chunks.filter((_, i) => i !== 10);
    const transmuxer = new Transmuxer(mp4);
    const shown = of('video', transmux(lossy, transmuxer).flat());
    const next = chunks.findIndex(({ keyframe }, i) => keyframe && i > 10);
    expect(shown.length).toBe(chunks.filter((chunk, i) => !chunk.audioOnly && (i < 10 || i >= next)).length);
    expect(transmuxer.stats.droppedAccessUnits).toBe(
      chunks.filter((chunk, i) => !chunk.audioOnly && i > 10 && i < next).length,
    );
  });
});

describe('any input', () => {
  it('never throws', () => {
    const [first] = chunksOf(av());
    fc.assert(
      fc.property(
        fc.array(fc.oneof(noise, fc.uint8Array({ maxLength: 800 })), { maxLength: 8 }),
        (inputs) => {
          const transmuxer = new Transmuxer(mp4);
          transmuxer.push(first!.data, { discontinuity: true });
          for (const input of inputs) transmuxer.push(input, { discontinuity: false });
        },
      ),
      { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 1000) },
    );
  });

  it.each([
    ['audio and video', `${ZEROLATENCY} -g 10`],
    ['B-frames', x264('-bf 3 -g 10')],
  ])('loses nothing after the next keyframe: %s', (_, encoder) => {
    const chunks = chunksOf(transportStream(`${VIDEO} ${AUDIO} ${encoder} ${AAC}`, { seconds: 2 }));
    const clean = transmux(chunks).map((fragments) => fragments.map(payloadOf));
    const hits = fc.array(fc.tuple(fc.nat(chunks.length - 15), damage), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(hits, (list) => {
        const byChunk = new Map(list);
        const transmuxer = new Transmuxer(mp4);
        const last = Math.max(...byChunk.keys());
        const next = chunks.findIndex(({ keyframe }, i) => keyframe && i > last);
        chunks.forEach(({ data, discontinuity }, i) => {
          const how = byChunk.get(i);
          const flagged = discontinuity || how?.kind === 'flag';
          const given = (how ? damaged(data, how) : [data]).flatMap((input) =>
            transmuxer.push(input, { discontinuity: flagged }),
          );
          if (i >= next) expect(given.map(payloadOf).join()).toBe(clean[i]!.join());
        });
      }),
      { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 500) },
    );
  });
});
