import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseLadder } from '@topicast/contracts/ladder';
import { SOUNDS } from '@topicast/test/barcode-encoder';
import { FFMPEG, hasEncoder } from '@topicast/test/ffprobe';
import { badNetwork, badNetworkUnavailable } from '@topicast/test/network/bad-network';
import { startBarcodeServer } from '@topicast/test/network/start-barcode-server';
import { readVariants } from './glass/variant.js';
import { type Arrival, formatTrace, recordArrivals, showArrivals, traceFile } from './network/arrivals.js';
import { compare, describeResult, type Result, showComparison } from './network/compare.js';
import { type Conditions, impose, matrixOf, readConditions, USUAL_CASES } from './network/conditions.js';
import { MEASURED_ELSEWHERE, startMediaMtx } from './network/mediamtx.js';
import { openViewerBrowser } from './network/viewer-browser.js';
import { readOptions } from './options.js';

/**
 * Measures glass to glass over a bad network. The gateway and the browser are in two network namespaces, with delay,
 * jitter, loss and a limited rate between them. Both share the machine's clock, so the age of a picture is exact.
 * With `--arrivals`, it plays nothing, and records when the chunks arrive, for simulations of the player.
 */
const options = readOptions(
  'network',
  {
    case: { type: 'string', multiple: true },
    matrix: { type: 'boolean', default: false },
    players: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '20' },
    ladder: { type: 'string' },
    sound: { type: 'string', default: 'aac' },
    kernel: { type: 'string', multiple: true },
    json: { type: 'string' },
    arrivals: { type: 'string' },
  },
  ['rounds', 'seconds'],
  {
    arrivals: 'FOLDER',
    ladder: '720p+360p',
    sound: 'aac|opus',
    case: 'delay=MS,jitter=MS,loss=PERCENT,rate=KBITS,queue=MS,congestion=cubic|bbr|...',
    kernel: 'net.ipv4.tcp_notsent_lowat=16384',
    players: 'ours,mpegts,whep,llhls',
  },
);
const { MEDIAMTX_PATH } = process.env;

function fail(problem: unknown): never {
  process.stderr.write(`${problem instanceof Error ? problem.message : problem}\n`);
  process.exit(1);
}

/** Reads the options. A mistake ends the program with one line. */
function wanted() {
  try {
    const steps = options.ladder === undefined ? [] : parseLadder(options.ladder);
    if (!steps) throw new Error(`--ladder ${options.ladder}: must be like 720p+360p`);
    const sound = SOUNDS.find((codec) => codec === options.sound);
    if (!sound) throw new Error(`--sound ${options.sound}: must be ${SOUNDS.join(' or ')}`);
    if (sound === 'opus' && options.ladder !== undefined) {
      throw new Error('--sound opus: not with --ladder, whose sound the producer encodes');
    }
    if (sound === 'opus' && !hasEncoder('libopus')) {
      throw new Error(`--sound opus: ${FFMPEG} has no libopus`);
    }
    const hasOthers = MEDIAMTX_PATH !== undefined && options.ladder === undefined && !options.arrivals;
    const variants = readVariants(options.players ?? (hasOthers ? 'ours,mpegts,whep,llhls' : 'ours,mpegts'));
    const wantsOthers = variants.some(({ player }) => player === 'whep' || player === 'llhls');
    if (wantsOthers && !hasOthers) {
      throw new Error('--players whep,llhls: needs MEDIAMTX_PATH, the path of a MediaMTX, and no --ladder');
    }
    return {
      cases: options.matrix
        ? matrixOf(options.case ?? [])
        : (options.case ?? USUAL_CASES).map(readConditions),
      variants,
      sound,
      mediaMtx: wantsOthers ? MEDIAMTX_PATH : undefined,
      rounds: Number(options.rounds),
      seconds: Number(options.seconds),
    };
  } catch (error) {
    return fail(error);
  }
}

const comparison = wanted();
const unavailable = badNetworkUnavailable();
if (unavailable) fail(unavailable);

await using network = await badNetwork();
try {
  for (const { congestion } of comparison.cases) network.controlCongestionBy(congestion);
  for (const setting of options.kernel ?? []) {
    const [name = '', value = ''] = setting.split(/=(.*)/s);
    network.setServerKernel(name, value);
  }
} catch (error) {
  fail(error);
}
await using mediaMtx =
  comparison.mediaMtx === undefined
    ? undefined
    : await startMediaMtx(network, comparison.mediaMtx).catch(fail);
await using server = await startBarcodeServer(network, {
  ladder: options.ladder,
  audio: comparison.sound,
  publishTo: mediaMtx?.publishTo,
});
if (options.arrivals === undefined) await showPlayers();
else await record(options.arrivals);

async function showPlayers(): Promise<void> {
  await using browser = await openViewerBrowser(network);
  const { rounds, seconds, cases } = comparison;
  const { address } = server;
  const addresses = {
    ours: address,
    mpegts: address,
    whep: mediaMtx?.whep ?? '',
    llhls: mediaMtx?.llhls ?? '',
  };
  const results: Result[] = [];
  const began = Date.now();
  let done = 0;
  for await (const ofCase of compare(network, browser, addresses, comparison)) {
    done += 1;
    results.push(...ofCase);
    const minutesLeft = (((Date.now() - began) / done) * (cases.length - done)) / 60_000;
    const progress = `${done}/${cases.length}, ${minutesLeft.toFixed(0)} min left`;
    for (const result of ofCase) process.stderr.write(`${progress}: ${describeResult(result)}\n`);
    // After each case, because a matrix takes hours.
    const report = { bench: 'network', rounds, seconds, kernel: options.kernel ?? [], results };
    if (options.json) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  showComparison(results);
  if (!mediaMtx) process.stdout.write(`\n${MEASURED_ELSEWHERE}`);
}

async function record(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const traces: [Conditions, Arrival[]][] = [];
  for (const conditions of comparison.cases) {
    await impose(network, conditions);
    const arrivals = await recordArrivals(network, server.address, comparison.seconds);
    traces.push([conditions, arrivals]);
    await writeFile(path.join(folder, traceFile(conditions)), formatTrace(conditions, arrivals));
  }
  showArrivals(traces);
}
