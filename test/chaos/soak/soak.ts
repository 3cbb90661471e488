import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '@topicast/test/free-ports';
import { startKafka } from '@topicast/test/kafka';
import { until } from '@topicast/test/poll';
import { REPOSITORY } from '@topicast/test/root';
import { temporaryFolder } from '@topicast/test/temporary';
import { type Service, serviceOf, startHelper } from '../child-process.js';
import type { Measured } from '../run-scenario.js';
import { SERVICE_SETTINGS } from '../settings.js';
import type { CrowdReport } from './crowd.js';
import { slopeAnHour } from './slope.js';

const STREAMS = 20;
const VIEWERS = 300;
const SAMPLE_EVERY_MS = 10_000;
/** The part of the run in which caches fill and code is compiled. */
const WARM_UP = 0.25;
const PROBE = ['--expose-gc', '--import', join(REPOSITORY, 'test/chaos/soak/probe.mjs')];

/** What a process holds after garbage collection; bytes and counts. */
interface Holdings {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
  readonly openFiles: number;
  readonly handles: number;
}

interface Sample {
  /** Seconds since the beginning. */
  readonly at: number;
  readonly gateway: Holdings;
  readonly replay: Holdings;
}

interface SoakOutcome {
  readonly measured: Measured;
  readonly report: string;
  /** No error, nothing lost. */
  readonly isFine: boolean;
}

/**
 * Twenty streams from a recording, and 300 viewers that come and go, on one broker. Every ten seconds it looks at the
 * gateway, whose process reads the log, and at the process that writes.
 */
export async function soak(minutes: number, say: (line: string) => void): Promise<SoakOutcome> {
  using temporary = temporaryFolder();
  const folder = temporary.path;
  const broker = await startKafka({ properties: { 'log.retention.check.interval.ms': 30_000 } });
  const streams = Array.from({ length: STREAMS }, (_, n) => `soak-${n}`);
  const [port] = await freePorts(1);
  const services: Service[] = [];
  const seen = { ...emptyReport(), errors: [] as string[] };
  let open = 0;
  try {
    const gateway = startGateway(folder, broker.brokers, port!);
    services.push(gateway);
    let replayReady = false;
    const replay = await startHelper(
      folder,
      'soak/replay.ts',
      [broker.brokers, streams.join(',')],
      (line) => {
        if (line === 'ready') replayReady = true;
        else seen.errors.push(line);
      },
      PROBE,
    );
    services.push(replay);
    await until('all streams play and are known', async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/streams`);
      const list = (await answer.json()) as { streams?: unknown[] };
      return replayReady && list.streams?.length === STREAMS;
    });
    const crowd = await startHelper(
      folder,
      'soak/crowd.ts',
      [String(port), streams.join(','), String(VIEWERS)],
      (line) => {
        const report = JSON.parse(line) as CrowdReport;
        open = report.open;
        add(seen, report);
      },
    );
    services.push(crowd);

    const samples: Sample[] = [];
    const began = performance.now();
    const elapsed = (): number => (performance.now() - began) / 1000;
    while (elapsed() < minutes * 60) {
      await sleep(Math.min(SAMPLE_EVERY_MS, minutes * 60_000 - elapsed() * 1000));
      for (const service of services)
        if (!service.isRunning) throw new Error(`${service.name}: ${service.lastWords()}`);
      const sample = { at: elapsed(), gateway: await holdingsOf(gateway), replay: await holdingsOf(replay) };
      samples.push(sample);
      say(wordsOf(sample, open, seen));
    }
    await crowd.end();
    await sleep(2000);
    const empty = await holdingsOf(gateway);
    const errors = seen.errors.length;
    return {
      measured: {
        scenario: 'soak',
        ...{ lost: seen.lost, doubled: seen.doubled, outOfOrder: seen.outOfOrder, faultSeconds: 0 },
        gapSeconds: Math.round(seen.longestGap) / 1000,
        stallSeconds: Math.round(seen.longestGap) / 1000,
      },
      report: summary(samples, empty, seen),
      isFine: errors + seen.lost + seen.doubled + seen.outOfOrder === 0,
    };
  } finally {
    await Promise.all(services.map((service) => service.end()));
    await broker.stop();
  }
}

function startGateway(folder: string, brokers: string, port: number): Service {
  const child = spawn(process.execPath, [...PROBE, join(REPOSITORY, 'start/dist/gateway.js')], {
    env: {
      ...process.env,
      ...SERVICE_SETTINGS,
      KAFKA_BROKERS: brokers,
      TOPICAST_DATA_DIR: join(folder, 'gateway'),
      TOPICAST_GATEWAY_PORT: String(port),
      // So that the observed process both reads the log and serves the viewers.
      TOPICAST_GATEWAY_WORKERS: '1',
      TOPICAST_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  return serviceOf(folder, 'gateway', child);
}

async function holdingsOf({ child }: { readonly child: ChildProcess }): Promise<Holdings> {
  child.send('?');
  const [answer] = (await once(child, 'message')) as [Holdings];
  return answer;
}

const emptyReport = (): Omit<CrowdReport, 'errors'> => ({
  ...{ open: 0, joins: 0, chunks: 0, lost: 0, doubled: 0, outOfOrder: 0, longestGap: 0 },
});

function add(to: CrowdReport, report: CrowdReport): void {
  for (const key of ['joins', 'chunks', 'lost', 'doubled', 'outOfOrder'] as const) to[key] += report[key];
  to.longestGap = Math.max(to.longestGap, report.longestGap);
  to.errors.push(...report.errors);
}

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

function wordsOf({ at, gateway, replay }: Sample, open: number, seen: CrowdReport): string {
  return [
    `${at.toFixed(0).padStart(5)} s`,
    `gateway ${megabytes(gateway.rss)} MB, heap ${megabytes(gateway.heapUsed)}, buffers ${megabytes(gateway.arrayBuffers)}`,
    `${gateway.openFiles} files, ${gateway.handles} handles`,
    `writer ${megabytes(replay.rss)} MB, heap ${megabytes(replay.heapUsed)}, ${replay.openFiles} files`,
    `${open} viewers, ${seen.joins} joins, ${seen.chunks} chunks, ${seen.errors.length} errors`,
  ].join('; ');
}

function summary(samples: readonly Sample[], empty: Holdings, seen: CrowdReport): string {
  const counted = samples.slice(Math.floor(samples.length * WARM_UP));
  const slope = (pick: (sample: Sample) => number, unit: number): string =>
    (slopeAnHour(counted.map((sample) => ({ at: sample.at, value: pick(sample) }))) / unit).toFixed(1);
  const lines = (['gateway', 'replay'] as const).map((name) => {
    const of = (key: keyof Holdings, unit = 1): string => slope((sample) => sample[name][key], unit);
    const memory = `RSS ${of('rss', 2 ** 20)}, heap ${of('heapUsed', 2 ** 20)}, buffers ${of('arrayBuffers', 2 ** 20)} MB/h`;
    return `${name}: ${memory}; files ${of('openFiles')}/h, handles ${of('handles')}/h`;
  });
  return [
    ...lines,
    `gateway when all have left: ${megabytes(empty.rss)} MB, heap ${megabytes(empty.heapUsed)}, ${empty.openFiles} files`,
    `${seen.joins} joins, ${seen.chunks} chunks, ${seen.lost} lost, ${seen.doubled} doubled, ${seen.outOfOrder} out of order`,
    `longest time without a chunk ${(seen.longestGap / 1000).toFixed(2)} s; ${seen.errors.length} errors`,
    ...seen.errors.slice(0, 20).map((error) => `    ${error}`),
  ].join('\n');
}
