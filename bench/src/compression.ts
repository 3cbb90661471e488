import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { streamId } from '@topicast/contracts/stream-id';
import type { ChunkLog } from '@topicast/log';
import { CODEC, FOLDS, unfold } from '@topicast/log/kafka';
import { footage } from '@topicast/test/footage';
import { startServices } from '@topicast/test/services';
import { temporaryFolder } from '@topicast/test/temporary';
import { readOptions } from './options.js';
import { table } from './table.js';

/**
 * What compressing record batches would save, and what it would cost writers and readers. It uses chunks of H.264 as
 * our producer makes them: one chunk per batch, as they leave live, and about a second of chunks per batch, as they
 * leave after an outage.
 */
const options = readOptions(
  'compression',
  {
    json: { type: 'string' },
    seconds: { type: 'string', default: '15' },
    rounds: { type: 'string', default: '5' },
  },
  ['seconds', 'rounds'],
);
const MB = 1e6;
const BATCH_SIZES = [1, 30];
const ROUND_MS = 200;
const MOST_PASSES = 1000;

interface Result {
  readonly clip: string;
  readonly codec: keyof typeof CODEC;
  readonly chunksPerBatch: number;
  /** Share of the bytes, 0 to 1; negative if they grew. */
  readonly saved: number;
  readonly writeCpuMsPerMB: number;
  readonly readCpuMsPerMB: number;
}

/** The first seconds of a clip as the producer encodes it. */
async function chunksOf(log: ChunkLog, id: string): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  const stop = AbortSignal.timeout(Number(options.seconds) * 1000);
  for await (const batch of log.tail(streamId(id), 0, { at: 'earliest' }, stop)) {
    chunks.push(...batch.map(({ value }) => Buffer.from(value)));
  }
  return chunks;
}

function batchesOf(chunks: readonly Buffer[], size: number): Buffer[] {
  const count = Math.ceil(chunks.length / size);
  return Array.from({ length: count }, (_, n) => Buffer.concat(chunks.slice(n * size, (n + 1) * size)));
}

const sizeOf = (batches: readonly Uint8Array[]): number =>
  batches.reduce((sum, { byteLength }) => sum + byteLength, 0);

/** CPU of this process for each megabyte, in the calmest of several rounds that are long enough for its clock. */
function cost(bytes: number, batches: readonly Buffer[], work: (batch: Buffer) => unknown): number {
  const rounds = Array.from({ length: Number(options.rounds) }, () => {
    for (let passes = 1, before = process.cpuUsage(); ; passes += 1) {
      for (const batch of batches) work(batch);
      const { user, system } = process.cpuUsage(before);
      const spentMs = (user + system) / 1000;
      if (spentMs >= ROUND_MS || passes >= MOST_PASSES) return spentMs / ((bytes * passes) / MB);
    }
  });
  return Math.min(...rounds);
}

type Measured = Pick<Result, 'saved' | 'writeCpuMsPerMB' | 'readCpuMsPerMB'>;

function measure(batches: readonly Buffer[], codec: number): Measured {
  const bytes = sizeOf(batches);
  const fold = FOLDS[codec] ?? ((batch: Buffer) => batch);
  const folded = batches.map(fold);
  return {
    saved: 1 - sizeOf(folded) / bytes,
    writeCpuMsPerMB: cost(bytes, batches, fold),
    readCpuMsPerMB: cost(bytes, folded, (batch) => unfold(batch, codec)),
  };
}

/**
 * We only read zstd. The `zstd` program writes it, and its own benchmark says what that costs in blocks of this size.
 */
async function measureZstd(batches: readonly Buffer[]): Promise<Measured | undefined> {
  using folder = temporaryFolder();
  const bytes = sizeOf(batches);
  const file = path.join(folder.path, 'chunks');
  await writeFile(file, Buffer.concat(batches));
  try {
    const block = Math.round(bytes / batches.length);
    // "3#chunks : 4725000 -> 4612000 (x1.025), 395.3 MB/s, 1021.5 MB/s", again and again on one line.
    const said = execFileSync('zstd', ['-b3', '-i2', `-B${block}`, file], { encoding: 'utf8' });
    const speed = Number([...said.matchAll(/([\d.]+) MB\/s,/g)].at(-1)?.[1]);
    const folded = batches.map((input) => execFileSync('zstd', ['-3', '-c'], { input }));
    return {
      saved: 1 - sizeOf(folded) / bytes,
      writeCpuMsPerMB: 1000 / speed,
      readCpuMsPerMB: cost(bytes, folded, (batch) => unfold(batch, CODEC.zstd)),
    };
  } catch {
    return undefined;
  }
}

const clips = { film: footage('tears-of-steel-clip.webm'), camera: footage('flower.mp4') };
const services = await startServices({
  environment: {
    TOPICAST_MEDIA_DIRS: Object.values(clips)
      .map((clip) => path.dirname(clip.path))
      .join(','),
  },
  inputs: Object.entries(clips).map(([id, clip]) => ({ id, source: { kind: 'file', path: clip.path } })),
});
const results: Result[] = [];
try {
  const recorded = await Promise.all(
    Object.entries(clips).map(async ([clip, { origin }]) => {
      await services.untilState(clip, 'live');
      return { clip, origin, chunks: await chunksOf(services.log, clip) };
    }),
  );
  for (const { clip, origin, chunks } of recorded) {
    const meanKb = sizeOf(chunks) / chunks.length / 1000;
    process.stdout.write(`${clip} (${origin} footage): ${chunks.length} chunks of ${meanKb.toFixed(1)} kB\n`);
    for (const chunksPerBatch of BATCH_SIZES) {
      const batches = batchesOf(chunks, chunksPerBatch);
      for (const codec of ['none', 'gzip', 'snappy', 'lz4'] as const) {
        results.push({ clip, codec, chunksPerBatch, ...measure(batches, CODEC[codec]) });
      }
      const zstd = await measureZstd(batches);
      if (zstd) results.push({ clip, codec: 'zstd', chunksPerBatch, ...zstd });
    }
  }
} finally {
  await services.close();
}
if (!results.some(({ codec }) => codec === 'zstd')) {
  process.stdout.write('zstd is left out: this machine has no zstd program\n');
}
table(
  ['codec', 'clip', 'chunks per batch', 'saved', 'ms/MB to write', 'ms/MB to read'],
  results.map(({ codec, clip, chunksPerBatch, saved, writeCpuMsPerMB, readCpuMsPerMB }) => [
    codec,
    clip,
    chunksPerBatch,
    `${(saved * 100).toFixed(1)} %`,
    writeCpuMsPerMB.toFixed(1),
    readCpuMsPerMB.toFixed(1),
  ]),
);
if (options.json) await writeFile(options.json, JSON.stringify(results, undefined, 2));
