import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseLadder } from '@topicast/contracts/ladder';
import { badNetwork, badNetworkUnavailable } from '@topicast/test/network/bad-network';
import { startBarcodeServer } from '@topicast/test/network/start-barcode-server';
import { readVariants } from './glass/variant.js';
import { formatTrace, recordArrivals, traceFile } from './network/arrivals.js';
import { compare, showComparison } from './network/compare.js';
import { impose, readConditions, USUAL_CASES } from './network/conditions.js';
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
    players: { type: 'string', default: 'ours,mpegts' },
    rounds: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '20' },
    ladder: { type: 'string' },
    json: { type: 'string' },
    arrivals: { type: 'string' },
  },
  ['rounds', 'seconds'],
  {
    arrivals: 'FOLDER',
    ladder: '720p+360p',
    case: 'delay=MS,jitter=MS,loss=PERCENT,rate=KBITS,queue=MS,congestion=cubic|bbr|...',
  },
);

function fail(problem: string): never {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}

/** Reads the options. A mistake ends the program with one line. */
function wanted() {
  try {
    const steps = options.ladder === undefined ? [] : parseLadder(options.ladder);
    if (!steps) throw new Error(`--ladder ${options.ladder}: must be like 720p+360p`);
    return {
      cases: (options.case ?? USUAL_CASES).map(readConditions),
      variants: readVariants(options.players),
      rounds: Number(options.rounds),
      seconds: Number(options.seconds),
    };
  } catch (error) {
    return fail((error as Error).message);
  }
}

const comparison = wanted();
const unavailable = badNetworkUnavailable();
if (unavailable) fail(unavailable);

await using network = await badNetwork();
for (const { congestion } of comparison.cases) {
  try {
    network.controlCongestionBy(congestion);
  } catch (error) {
    fail((error as Error).message);
  }
}
await using server = await startBarcodeServer(network, options.ladder);
if (options.arrivals === undefined) await showPlayers();
else await record(options.arrivals);

async function showPlayers(): Promise<void> {
  await using browser = await openViewerBrowser(network);
  const results = await compare(network, browser, server.address, comparison);
  showComparison(results);
  if (!options.json) return;
  const { rounds, seconds } = comparison;
  const report = { bench: 'network', rounds, seconds, results };
  await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
}

async function record(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const conditions of comparison.cases) {
    await impose(network, conditions);
    const arrivals = await recordArrivals(network, server.address, comparison.seconds);
    await writeFile(path.join(folder, traceFile(conditions)), formatTrace(conditions, arrivals));
  }
}
