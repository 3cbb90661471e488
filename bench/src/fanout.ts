import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { table } from './table.js';

/** CPU of the server process per delivered megabyte: our gateway beside a naive `ws.send` loop, in turns. */
const { values: options } = parseArgs({
  options: {
    json: { type: 'string' },
    viewers: { type: 'string', default: '100,500,1000' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
  },
});
const MODES = ['gateway', 'naive'] as const;
type Mode = (typeof MODES)[number];

interface Run {
  mode: Mode;
  viewers: number;
  cpuMsPerMB: number;
  /** Share of what was sent that arrived while it was measured: below 1 the machine was full. */
  delivered: number;
}

const MB = 1e6;
const BYTES_A_SECOND = 66 * 188 * 30;
const runs: Run[] = [];

const child = (file: string, ...args: string[]) => fork(fileURLToPath(new URL(file, import.meta.url)), args);
const ask = async <T>(process: ChildProcess): Promise<T> => {
  process.send('?');
  return (await once(process, 'message'))[0] as T;
};

async function measure(mode: Mode, viewers: number): Promise<void> {
  const server = child('./fanout-server.js', mode);
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  const load = child('./viewers.js', String(port), '/live/bench', String(viewers));
  await once(load, 'message');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await ask(load);
  const before = await ask<{ cpuMs: number }>(server);
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, Number(options.seconds) * 1000));
  const { received, open } = await ask<{ received: number; open: number }>(load);
  const elapsed = (performance.now() - began) / 1000;
  const after = await ask<{ cpuMs: number }>(server);
  for (const process of [load, server]) {
    process.disconnect();
    await once(process, 'exit');
  }
  if (open < viewers) process.stderr.write(`${mode}: ${viewers - open} of ${viewers} viewers were lost\n`);
  runs.push({
    mode,
    viewers,
    cpuMsPerMB: (after.cpuMs - before.cpuMs) / (received / MB),
    delivered: received / (viewers * BYTES_A_SECOND * elapsed),
  });
}

for (const viewers of options.viewers.split(',').map(Number)) {
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const mode of MODES) {
      process.stderr.write(`${viewers} viewers, round ${round + 1}: ${mode}\n`);
      await measure(mode, viewers);
    }
  }
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const summary = options.viewers
  .split(',')
  .map(Number)
  .map((viewers) => {
    const of = (mode: Mode) => runs.filter((run) => run.viewers === viewers && run.mode === mode);
    const cpu = (mode: Mode) => median(of(mode).map((run) => run.cpuMsPerMB));
    const delivered = (mode: Mode) => median(of(mode).map((run) => run.delivered));
    return {
      viewers,
      gateway: cpu('gateway'),
      naive: cpu('naive'),
      ratio: cpu('gateway') / cpu('naive'),
      delivered: delivered('gateway'),
      naiveDelivered: delivered('naive'),
    };
  });
table(
  ['viewers', 'gateway ms/MB', 'naive ms/MB', 'ratio', 'delivered', 'naive delivered'],
  summary.map((one) => [
    one.viewers,
    one.gateway.toFixed(3),
    one.naive.toFixed(3),
    one.ratio.toFixed(2),
    one.delivered.toFixed(2),
    one.naiveDelivered.toFixed(2),
  ]),
);
if (options.json)
  await writeFile(options.json, `${JSON.stringify({ bench: 'fanout', summary, runs }, null, 2)}\n`);
