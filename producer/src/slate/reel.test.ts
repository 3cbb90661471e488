import { execFileSync } from 'node:child_process';
import type { Track } from '@topicast/contracts/catalog';
import { ticks90k } from '@topicast/contracts/units';
import { type Chunk, Chunker } from '@topicast/media/mpegts';
import { decode, FFMPEG, hasEncoder } from '@topicast/test/ffprobe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ffmpeg, findFfmpeg } from '../ffmpeg/find.js';
import { type ProcessGuard, startGuard } from '../ffmpeg/guard.js';
import { makeReel } from './reel.js';
import { SlateWriter } from './slate-writer.js';
import type { Tool } from './tool.js';

let ffmpeg: Ffmpeg;
let guard: ProcessGuard;
let tool: Tool;
beforeAll(async () => {
  ffmpeg = await findFfmpeg(process.env.FFMPEG_PATH);
  guard = startGuard();
  tool = { ffmpeg, guard, signal: new AbortController().signal };
});
afterAll(() => guard.close());

interface Cut {
  readonly chunks: readonly Chunk[];
  readonly tracks: readonly Track[];
}

function cut(...parts: readonly Uint8Array[]): Cut {
  const chunks: Chunk[] = [];
  const chunker = new Chunker((chunk) => chunks.push(chunk));
  for (const part of parts) chunker.push(part);
  chunker.end();
  return { chunks, tracks: chunker.tracks };
}

const film = (options: string): Cut =>
  cut(
    execFileSync(
      FFMPEG,
      `-v error -nostdin ${options} -omit_video_pes_length 0 -pes_payload_size 0 -f mpegts pipe:1`.split(
        /\s+/,
      ),
      { maxBuffer: 1 << 26 },
    ),
  );

const PICTURE = '-f lavfi -i testsrc2=s=426x240:r=30:d=0.5';
const SOUND = '-f lavfi -i sine=r=44100:d=0.5';
const X264 = '-c:v libx264 -pix_fmt yuv420p -profile:v main -bf 2 -threads 1';

/** Luma of a picture: the mean. */
const brightness = (chunk: Uint8Array): number => {
  const raw = execFileSync(
    FFMPEG,
    '-v error -f mpegts -i pipe:0 -frames:v 1 -pix_fmt gray -f rawvideo pipe:1'.split(' '),
    { input: chunk, maxBuffer: 1 << 26 },
  );
  return raw.reduce((sum, value) => sum + value, 0) / raw.byteLength;
};

const reelOf = ({ chunks, tracks }: Cut) => makeReel({ keyframe: chunks[0]!.data, tracks }, tool);

describe('a reel', () => {
  it.each([
    ['H.264 and AAC', `${PICTURE} ${SOUND} ${X264} -c:a aac -ac 1`, true],
    ['H.264 without sound', `${PICTURE} ${X264}`, true],
    ['AAC alone', `${SOUND} -c:a aac -ac 2`, true],
    ['H.264 and Opus', `${PICTURE} ${SOUND} ${X264} -c:a libopus -ar 48000 -ac 2`, hasEncoder('libopus')],
    [
      'HEVC of 10 bits',
      `${PICTURE} -c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -x265-params log-level=none`,
      hasEncoder('libx265'),
    ],
  ])('repeats with the codecs and the size of the stream: %s', async (name, options, isThere) => {
    if (!isThere) return console.log(`SKIPPED: ${name}: this ffmpeg lacks the encoder`);
    const stream = film(options);
    const reel = await reelOf(stream);
    const writer = new SlateWriter(reel, ticks90k(900_000));
    const slate = cut(...writer.upTo(ticks90k(5 * 90_000 - 1)));

    const facts = (tracks: readonly Track[]) => tracks.map((track) => ({ ...track, frameRate: undefined }));
    expect(facts(slate.tracks)).toEqual(facts(stream.tracks));
    const video = slate.chunks.filter(({ audioOnly }) => !audioOnly);
    const { complaints, pictures, size, hasAudio } = await decode(
      Buffer.concat(slate.chunks.map(({ data }) => data)),
    );
    expect(complaints).toEqual([]);
    expect(hasAudio).toBe(reel.sounds.length > 0);
    expect(slate.chunks.filter(({ discontinuity }) => discontinuity).length).toBe(1);
    expect(slate.chunks.filter(({ keyframe }) => keyframe).length).toBeGreaterThanOrEqual(5);
    if (!reel.picture) return;
    expect({ pictures, size }).toEqual({ pictures: 125, size: '426x240' });
    expect(video.map(({ keyframe }) => keyframe)).toEqual(video.map((_, index) => index % 25 === 0));
    expect(video.map(({ decodeTime }) => decodeTime)).toEqual(
      video.map((_, index) => 900_000 + index * 3_600),
    );
    const [before, after] = [stream.chunks[0]!, video[0]!].map(({ data }) => brightness(data));
    expect(after! / before!).toBeGreaterThan(0.35);
    expect(after! / before!).toBeLessThan(0.65);
  });

  it('says why there is none', async () => {
    const { tracks, chunks } = film(`${PICTURE} ${X264}`);
    const damaged = chunks[0]!.data.map((byte, at) => (at > 188 * 3 ? 0 : byte));
    await expect(makeReel({ keyframe: damaged, tracks }, tool)).rejects.toThrow();
  });
});
