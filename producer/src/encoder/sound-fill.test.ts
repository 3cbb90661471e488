import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bytesWithout, type Chunk, Chunker, copyWithout, SoundFill } from '@topicast/media/mpegts';
import { MediaTimeline, SampleReader } from '@topicast/media/samples';
import { decode, FFMPEG } from '@topicast/test/ffprobe';
import { temporaryFolder } from '@topicast/test/temporary';
import { afterAll, describe, expect, it } from 'vitest';

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
const SECONDS = 8;

/** Pictures and sound, as an encoder of ours writes them. */
function encoded(codec: 'aac' | 'libopus'): { readonly chunks: readonly Chunk[]; readonly chunker: Chunker } {
  const file = path.join(folder.path, `${codec}.ts`);
  const inputs = '-f lavfi -i testsrc2=s=160x90:r=25 -f lavfi -i sine=f=440:r=48000';
  const pictures = '-c:v libx264 -preset ultrafast -tune zerolatency -g 25 -bf 0';
  const muxer = '-muxdelay 0 -muxpreload 0 -pes_payload_size 0 -omit_video_pes_length 0';
  const sound = `-c:a ${codec} -b:a 96k -ac 2${codec === 'aac' ? '' : ' -frame_duration 10'}`;
  const words = `-v error -y ${inputs} -t ${SECONDS} ${pictures} ${sound} ${muxer} ${file}`.split(' ');
  execFileSync(FFMPEG, words);
  const chunks: Chunk[] = [];
  const chunker = new Chunker((chunk) => chunks.push(chunk));
  chunker.push(readFileSync(file));
  chunker.end();
  return { chunks, chunker };
}

const seconds = ({ decodeTime }: Chunk, first: Chunk): number => (decodeTime - first.decodeTime) / 90_000;

function withoutSound(chunk: Chunk, pid: number): Chunk {
  const data = new Uint8Array(bytesWithout(chunk.data, new Set([pid])));
  copyWithout(chunk.data, new Set([pid]), data, 0);
  return { ...chunk, data };
}

function soundOf(chunk: Chunk, pid: number): Uint8Array {
  const rest = new Set(Array.from({ length: 0x2000 }, (_, other) => other).filter((other) => other !== pid));
  const sound = new Uint8Array(bytesWithout(chunk.data, rest));
  copyWithout(chunk.data, rest, sound, 0);
  return sound;
}

/** What a reader finds: where each run of sound begins and ends, in seconds, and what was damaged or left out. */
function heard(chunks: readonly Chunk[]) {
  const reader = new SampleReader(new MediaTimeline());
  const runs: { from: number; to: number }[] = [];
  for (const chunk of chunks) {
    for (const { start, frames, config } of reader.push(chunk.data, chunk).audio) {
      const from = start / config.sampleRate;
      const to = from + frames.reduce((sum, { length }) => sum + length, 0) / config.sampleRate;
      const last = runs.at(-1);
      if (last && Math.abs(from - last.to) < 0.002) last.to = to;
      else runs.push({ from, to });
    }
  }
  return { runs, stats: reader.stats };
}

const DAMAGE = { damagedChunks: 0, droppedAccessUnits: 0, droppedAudioFrames: 0, droppedDataUnits: 0 };

describe.each(['aac', 'libopus'] as const)('silence in %s', (codec) => {
  const { chunks, chunker } = encoded(codec);
  const [first] = chunks;
  const { tracks } = chunker;
  const pid = tracks.find(({ kind }) => kind === 'audio')!.pid!;
  const fill = (changed: readonly Chunk[]) => {
    const filler = new SoundFill();
    return { filled: changed.flatMap((chunk) => filler.push(chunk, tracks) ?? []), filler };
  };

  it('is not put where the sound is whole: the chunks are the same objects', () => {
    const { filled, filler } = fill(chunks);
    expect(filled.every((chunk, index) => chunk === chunks[index])).toBe(true);
    expect(filler.isFilling).toBe(false);
  });

  it('takes the place of sound that pauses, and ends where it comes back', async () => {
    const paused = chunks.map((chunk) => {
      const at = seconds(chunk, first!);
      return at > 2 && at < 5 ? withoutSound(chunk, pid) : chunk;
    });
    const before = heard(paused);
    expect(before.runs).toHaveLength(2);
    const { filled } = fill(paused);
    const { runs, stats } = heard(filled);
    expect(stats).toEqual(DAMAGE);
    // Less than two frames are missing where the sound comes back.
    const holes = runs.slice(1).map(({ from }, index) => from - runs[index]!.to);
    expect(Math.max(0, ...holes)).toBeLessThan(0.045);
    expect(runs.at(-1)!.to - runs[0]!.from).toBeGreaterThan(SECONDS - 0.3);
    const { complaints, pictures } = await decode(Buffer.concat(filled.map(({ data }) => data)));
    expect({ complaints, pictures }).toEqual({ complaints: [], pictures: SECONDS * 25 });
  });

  it('goes on where the sound has ended before the picture', () => {
    const ended = chunks.map((chunk) => (seconds(chunk, first!) > 3 ? withoutSound(chunk, pid) : chunk));
    const { filled, filler } = fill(ended);
    const { runs, stats } = heard(filled);
    expect(stats).toEqual(DAMAGE);
    expect(runs).toHaveLength(1);
    expect(runs[0]!.to - runs[0]!.from).toBeGreaterThan(SECONDS - 0.5);
    expect(filler.isFilling).toBe(true);
  });

  it('is learnt not to be needed where sound always comes late, and what came too late is left out', () => {
    const LATE_S = 0.6;
    // All sound leaves with the picture of so much later.
    const waiting: { due: number; data: Uint8Array }[] = [];
    const late = chunks.map((chunk) => {
      const at = seconds(chunk, first!);
      const own = withoutSound(chunk, pid);
      waiting.push({ due: at + LATE_S, data: soundOf(chunk, pid) });
      const due = waiting.filter((one) => one.due <= at);
      waiting.splice(0, due.length);
      return { ...own, data: Buffer.concat([own.data, ...due.map(({ data }) => data)]) };
    });
    const { filled, filler } = fill(late);
    const { runs, stats } = heard(filled);
    expect(stats).toEqual(DAMAGE);
    const holes = runs.slice(1).map(({ from }, index) => from - runs[index]!.to);
    expect(Math.max(0, ...holes)).toBeLessThan(0.045);
    expect(filler.isFilling).toBe(false);
    for (const [index, { sinceKeyframe }] of filled.entries())
      expect(filled[index - sinceKeyframe]!.keyframe).toBe(true);
    // After the first second it is the encoder's own again.
    const sizes = (of: readonly Chunk[]) =>
      of.slice(-100).reduce((sum, { data }) => sum + data.byteLength, 0);
    expect(sizes(filled)).toBe(sizes(late));
  });

  it('is not put where sound always leaves by itself, and late', () => {
    const LATE_S = 0.6;
    const waiting: { due: number; chunk: Chunk }[] = [];
    const apart = chunks.flatMap((chunk) => {
      const at = seconds(chunk, first!);
      const sound = soundOf(chunk, pid);
      if (sound.byteLength > 0) {
        const alone = { ...chunk, keyframe: false, discontinuity: false, audioOnly: true, data: sound };
        waiting.push({ due: at + LATE_S, chunk: alone });
      }
      const due = waiting.filter((one) => one.due <= at);
      waiting.splice(0, due.length);
      return [...due.map((one) => one.chunk), withoutSound(chunk, pid)];
    });
    const { filled, filler } = fill(apart);
    expect(filler.isFilling).toBe(false);
    expect(heard(filled).stats).toEqual(DAMAGE);
    const bytes = (of: readonly Chunk[]) =>
      of.slice(-100).reduce((sum, { data }) => sum + data.byteLength, 0);
    expect(bytes(filled)).toBe(bytes(apart));
  });
});
