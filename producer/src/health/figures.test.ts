import { execFileSync } from 'node:child_process';
import { diagnose } from '@topicast/contracts/diagnosis';
import type { ProducerFigures } from '@topicast/contracts/stream-health';
import { milliseconds, ticksToMs } from '@topicast/contracts/units';
import { type Chunk, Chunker } from '@topicast/media/mpegts';
import { FFMPEG } from '@topicast/test/ffprobe';
import { expect, it } from 'vitest';
import { StreamFigures } from './figures.js';

const ROW_MS = 2_000;
const GOOD = '-tune zerolatency -g 30';

const films = new Map<string, Buffer>();

/** Six seconds of pictures, as an encoder with these settings makes them. */
function film(settings: string): Buffer {
  const made = films.get(settings) ?? encoded(settings);
  films.set(settings, made);
  return made;
}

function encoded(settings: string): Buffer {
  const input = '-f lavfi -i testsrc2=s=160x90:r=30:d=6';
  const output = `-c:v libx264 -preset ultrafast -pix_fmt yuv420p ${settings} -omit_video_pes_length 0 -f mpegts -`;
  return execFileSync(FFMPEG, ['-v', 'error', '-nostdin', ...`${input} ${output}`.split(' ')]);
}

/**
 * The figures of a film that arrives as its time stamps say, or as told.
 * @param arrives at which time a picture of a media time comes: ms
 */
function figuresOf(
  bytes: Uint8Array,
  arrives = (mediaMs: number, _index: number): number => mediaMs,
): Omit<ProducerFigures, 'from' | 'process' | 'session' | 'way' | 'dropped'> {
  const chunks: Chunk[] = [];
  const chunker = new Chunker((chunk) => chunks.push(chunk));
  chunker.push(bytes);
  chunker.end();
  const figures = new StreamFigures(milliseconds(0));
  figures.beginSession();
  let row: ReturnType<StreamFigures['take']> | undefined;
  let next = ROW_MS;
  for (const [index, chunk] of chunks.entries()) {
    const at = arrives(ticksToMs(chunk.decodeTime), index);
    for (; at >= next; next += ROW_MS) row = figures.take(milliseconds(next));
    figures.arrive(0, chunk, milliseconds(at));
  }
  return row ?? figures.take(milliseconds(next));
}

function findings(figures: ReturnType<typeof figuresOf>, way: ProducerFigures['way'] = 'sent'): string[] {
  const producer: ProducerFigures = {
    from: 'producer',
    process: 'p',
    session: 1,
    way,
    dropped: 0,
    ...figures,
  };
  const context = { catalog: undefined, audience: undefined, liveFor: milliseconds(60_000) };
  return diagnose({ ...context, producer }).map(({ code }) => code);
}

it('measures a good stream, and finds nothing wrong with it', () => {
  const figures = figuresOf(film(GOOD));
  expect(findings(figures)).toEqual([]);
  expect(figures).toMatchObject({ keyframeInterval: 1_000, uneven: 0, jumps: 0, hasReordering: false });
  expect(figures.waitsForReordering).toBe(false);
  expect(figures.renditions[0]?.frameRate).toBeCloseTo(30, 0);
  expect(figures.behind).toBe(0);
  const kbits = (film(GOOD).byteLength * 8) / 6_000;
  expect(figures.renditions[0]!.bitrate! / 1_000).toBeGreaterThan(kbits * 0.8);
  expect(figures.renditions[0]!.bitrate! / 1_000).toBeLessThan(kbits * 1.2);
});

it.each([
  ['b-frames', '-g 30 -bf 2 -b_strategy 0'],
  ['long-gop', '-tune zerolatency -g 120 -keyint_min 120 -sc_threshold 0'],
  ['uneven-rate', `${GOOD} -vf select=mod(n\\,4) -vsync vfr`],
])('finds %s in what a real encoder has made', (code, settings) => {
  expect(findings(figuresOf(film(settings)))).toContain(code);
});

it('finds time stamps that jump', () => {
  const once = film(GOOD);
  let before = 0;
  let lap = 0;
  const figures = figuresOf(Buffer.concat([once, once, once]), (mediaMs) => {
    if (mediaMs < before) lap += 6_000;
    before = mediaMs;
    return mediaMs + lap;
  });
  expect(findings(figures)).toContain('jumps');
});

it('sees an uplink that is too slow, and one that is rough, in the times of arrival', () => {
  const slow = figuresOf(film(GOOD), (mediaMs) => mediaMs * 1.3);
  expect(slow.behind).toBeGreaterThan(500);
  expect(findings({ ...slow, speed: 0.77 })).toContain('slow-uplink');
  expect(findings({ ...slow, speed: 0.77 }, 'encoded')).toContain('slow-encoder');
  const rough = figuresOf(film(GOOD), (mediaMs, index) => mediaMs + (index % 10 === 0 ? 400 : 0));
  expect(findings(rough)).toEqual(['rough-uplink']);
  expect(rough.behind).toBe(0);
});
