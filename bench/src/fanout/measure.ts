import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamShape } from './chunk.js';
import { ask, childOf, end, MODES, type Mode, startContender } from './contender.js';
import type { Report } from './tally.js';
import type { Load } from './viewers.js';

interface Trial {
  readonly mode: Mode;
  readonly viewers: number;
  readonly shape: StreamShape;
  readonly seconds: number;
  /** How many of the viewers stop reading. */
  readonly stalled?: number;
  /** The viewers join evenly over this time; by default, as fast as they can. */
  readonly joinMs?: number;
}

/** Measures one server with its viewers for some seconds. */
export interface Run {
  readonly mode: Mode;
  readonly viewers: number;
  readonly cpuMsPerMB: number;
  readonly cpuUsPerMessage: number;
  /** Share of a core. */
  readonly cpu: number;
  /** From publication to the last viewer, ms; NaN if the source is not ours. */
  readonly lastViewer: Percentiles;
  /** From the first viewer to the last, ms. */
  readonly spread: Percentiles;
  /** From the connection to the first chunk, ms. */
  readonly join: Percentiles;
  readonly chunksPerWrite: number;
  /** Resident memory that came with the viewers, including the ring. */
  readonly residentBytesPerViewer: number;
  /**
   * What the server holds in the end besides buffers, after garbage collection; undefined if it does not run on
   * Node.js.
   */
  readonly heldBytes: number | undefined;
  /** What its buffers hold, including the frames that viewers share; undefined if it does not run on Node.js. */
  readonly bufferBytes: number | undefined;
  /** The share of the published data that arrived during the measurement; below 1, the machine was overloaded. */
  readonly delivered: number;
  /** Between two chunks of one viewer, ms, including the time while others joined. */
  readonly longestGap: number;
  readonly served: number;
  readonly open: number;
  readonly wrongs: number;
  readonly wrong: readonly string[];
}

interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** Until hot code has been compiled, and V8 has returned the memory of the start, which takes some 8 s. */
const SETTLE_MS = 10_000;

export async function measure(trial: Trial): Promise<Run> {
  const { mode, viewers, shape, seconds, stalled = 0, joinMs = 0 } = trial;
  const { path, framing } = MODES[mode];
  const server = await startContender(mode, shape);
  const empty = await server.memory();
  const load: Load = { port: server.port, path, framing, viewers, stalled, joinMs, shape };
  const client = childOf('./viewers.js', load);
  await once(client, 'message');
  await sleep(SETTLE_MS);

  const before = await server.work();
  const joining = await ask<Report>(client, 'report');
  const began = performance.now();
  await sleep(seconds * 1_000);
  const report = await ask<Report>(client, 'report');
  const elapsed = (performance.now() - began) / 1_000;
  const after = await server.work();
  const full = await server.memory();
  await end(client);
  await server.stop();

  const cpuMs = after.cpuMs.asked - before.cpuMs.answered;
  const chunks = (after.chunks ?? 0) - (before.chunks ?? 0);
  const writes = (after.writes ?? 0) - (before.writes ?? 0);
  return {
    mode,
    viewers,
    cpuMsPerMB: (cpuMs / report.bytes) * 1e6,
    cpuUsPerMessage: (cpuMs / report.chunks) * 1e3,
    cpu: cpuMs / 1_000 / elapsed,
    lastViewer: percentiles(report.lastViewer),
    spread: percentiles(report.spread),
    join: percentiles(report.joins),
    chunksPerWrite: writes > 0 ? chunks / writes : 1,
    residentBytesPerViewer: (full.residentBytes - empty.residentBytes) / viewers,
    heldBytes: full.heldBytes,
    bufferBytes: full.bufferBytes,
    delivered: report.chunks / ((viewers - stalled) * shape.chunksPerSecond * elapsed),
    longestGap: Math.max(report.longestGap, joining.longestGap),
    served: report.joins.length,
    open: report.open,
    wrongs: report.wrongs,
    wrong: report.wrong,
  };
}

/** Resident bytes for each of `viewers` that watch a silent stream. */
export async function measureIdle(
  mode: Mode,
  shape: StreamShape,
  first: number,
  viewers: number,
): Promise<number> {
  const { path, framing } = MODES[mode];
  const server = await startContender(mode, shape);
  const join = async (count: number) => {
    const load = {
      port: server.port,
      path,
      framing,
      viewers: count,
      stalled: 0,
      joinMs: 0,
      shape,
    } satisfies Load;
    const client = childOf('./viewers.js', load);
    await once(client, 'message');
    await sleep(SETTLE_MS);
    return client;
  };
  // The first viewers use up the process's spare memory.
  const some = await join(first);
  const before = await server.memory();
  const others = await join(viewers);
  const after = await server.memory();
  for (const client of [some, others]) await end(client);
  await server.stop();
  return (after.residentBytes - before.residentBytes) / viewers;
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const { length } = sorted;
  return ((sorted[(length - 1) >> 1] ?? Number.NaN) + (sorted[length >> 1] ?? Number.NaN)) / 2;
}
