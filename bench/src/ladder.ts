import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Rung } from '@topicast/contracts/ladder';
import { streamId } from '@topicast/contracts/stream-id';
import { ticksToSeconds } from '@topicast/contracts/units';
import type { CommandLineInput } from '@topicast/producer';
import { footage } from '@topicast/test/footage';
import { type Services, startServices } from '@topicast/test/services';
import { readOptions } from './options.js';
import { table } from './table.js';

/** What one, two and three renditions of a stream cost, for each second of the stream: ffmpeg's CPU and ours. */
const options = readOptions(
  'ladder',
  { json: { type: 'string' }, seconds: { type: 'string', default: '20' } },
  ['seconds'],
);
const SETTLE_MS = 5_000;
/** Clock ticks a second in /proc, USER_HZ: the same on every Linux. */
const TICKS_PER_SECOND = 100;

interface Result {
  readonly source: string;
  readonly ladder: string;
  /** Milliseconds of CPU a second of the stream. */
  readonly ffmpegCpuMs: number;
  readonly ownCpuMs: number;
}

/** Milliseconds of CPU that the ffmpegs of this process have taken so far, from /proc (proc(5)). */
function ffmpegCpuMs(): number {
  const times = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => statOf(pid))
    .filter((stat) => stat?.name === 'ffmpeg' && stat.parent === process.pid)
    .map((stat) => stat!.ticks);
  return (times.reduce((sum, ticks) => sum + ticks, 0) / TICKS_PER_SECOND) * 1000;
}

function statOf(pid: string): { name: string; parent: number; ticks: number } | undefined {
  try {
    const [, name, rest] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))!;
    const fields = rest!.split(' ').map(Number);
    return { name: name!, parent: fields[1]!, ticks: fields[11]! + fields[12]! };
  } catch {
    // It has ended in the meantime.
    return undefined;
  }
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** How far the stream has come, in seconds of its own time, which lags behind the clock on a busy machine. */
async function mediaSeconds({ log }: Services, id: string): Promise<number> {
  const { next } = await log.bounds(streamId(id), 0);
  const newest = { at: 'offset', offset: next - 1 } as const;
  for await (const records of log.tail(streamId(id), 0, newest, AbortSignal.timeout(10_000))) {
    return ticksToSeconds(records.at(-1)!.header!.decodeTime);
  }
  throw new Error(`nothing was read of "${id}"`);
}

async function measure(source: string, input: CommandLineInput, ladder: Rung[]): Promise<Result> {
  const services = await startServices({ inputs: [{ ...input, ladder }] });
  try {
    await services.untilState(input.id, 'live');
    await sleep(SETTLE_MS);
    const [began, ffmpeg, own] = [await mediaSeconds(services, input.id), ffmpegCpuMs(), ownCpuMs()];
    await sleep(Number(options.seconds) * 1000);
    const seconds = (await mediaSeconds(services, input.id)) - began;
    return {
      ...{ source, ladder: ladder.map(({ height }) => `${height}p`).join('+') },
      ffmpegCpuMs: (ffmpegCpuMs() - ffmpeg) / seconds,
      ownCpuMs: (ownCpuMs() - own) / seconds,
    };
  } finally {
    await services.close();
  }
}

const clip = footage('flower.mp4');
const sources: [string, CommandLineInput, number[]][] = [
  ['test picture, 720p30', { id: 'test', source: { kind: 'test' } }, [720, 480, 360]],
  [
    `camera clip (${clip.origin}), 540p30`,
    { id: 'camera', source: { kind: 'file', path: clip.path } },
    [540, 360, 240],
  ],
];
const results: Result[] = [];
for (const [source, input, heights] of sources) {
  const all = heights.map((height) => ({ height }));
  const ladders = [all.slice(0, 1), [all[0]!, all.at(-1)!], all];
  for (const ladder of ladders) results.push(await measure(source, input, ladder));
}
table(
  ['source', 'renditions', 'ffmpeg, ms of CPU a second', 'Topicast'],
  results.map(({ source, ladder, ffmpegCpuMs, ownCpuMs }) => [
    source,
    ladder,
    ffmpegCpuMs.toFixed(0),
    ownCpuMs.toFixed(0),
  ]),
);
if (options.json) await writeFile(options.json, JSON.stringify(results, undefined, 2));
