/** `npm run chaos`: faults on purpose, and what the viewers saw of them. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { clusterUnavailable } from '@topicast/test/kafka';
import { type ChaosCluster, startChaosCluster } from './cluster.js';
import { reportHead, reportRow, verdictOf } from './report.js';
import { type Measured, runScenario } from './run-scenario.js';
import type { Scenario } from './scenario.js';
import { SCENARIOS } from './scenarios/index.js';
import { soak } from './soak/soak.js';

const SOAK = 'soak';
const HELP = `npm run chaos -- [options]
  --only NAME    one scenario; may be repeated
  --list         the scenarios
  --json FILE    the measurements
  --minutes N    how long the soak lasts, 30 by default
`;

// Ends what was started: see the handlers of `exit`.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const values = readOptions();
const all: Measured[] = [];
if (values.help) process.stdout.write(HELP);
else if (values.list) list();
else process.exit((await run(values.only ?? SCENARIOS.map(({ name }) => name))) ? 0 : 1);

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        list: { type: 'boolean' },
        json: { type: 'string' },
        minutes: { type: 'string', default: '30' },
        help: { type: 'boolean' },
      },
    });
    const known = [SOAK, ...SCENARIOS.map(({ name }) => name)];
    const unknown = values.only?.find((name) => !known.includes(name));
    if (unknown !== undefined) throw new Error(`there is no scenario "${unknown}"; --list names them`);
    if (!(Number(values.minutes) > 0))
      throw new Error(`--minutes ${values.minutes}: must be a number above 0`);
    return values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${HELP}`);
    return process.exit(1);
  }
}

function list(): void {
  for (const { name, what } of SCENARIOS) say(`${name.padEnd(17)}${what}`);
  say(`${SOAK.padEnd(17)}20 streams, and 300 viewers that come and go; only when it is named`);
}

/** @returns whether all goals were met. */
async function run(names: readonly string[]): Promise<boolean> {
  const scenarios = SCENARIOS.filter(({ name }) => names.includes(name));
  const isMet = scenarios.length === 0 || (await runScenarios(scenarios));
  return names.includes(SOAK) ? (await runSoak(Number(values.minutes))) && isMet : isMet;
}

async function runScenarios(scenarios: readonly Scenario[]): Promise<boolean> {
  let cluster: Promise<ChaosCluster> | undefined;
  let isMet = true;
  say(reportHead());
  for (const scenario of scenarios) {
    const reason = scenario.unavailable?.() ?? (scenario.on === 'kafka' ? clusterUnavailable() : undefined);
    if (reason !== undefined) {
      say(`SKIPPED ${scenario.name}: ${reason}`);
      continue;
    }
    try {
      const outcome = await runScenario(scenario, () => {
        cluster ??= startChaosCluster();
        return cluster;
      });
      say(reportRow(outcome));
      keep(outcome.measured);
      isMet &&= verdictOf(outcome) === 'met';
    } catch (error) {
      say(`FAILED ${scenario.name}: ${(error as Error).stack}`);
      isMet = false;
    }
  }
  await (await cluster)?.close();
  return isMet;
}

async function runSoak(minutes: number): Promise<boolean> {
  const reason = clusterUnavailable();
  if (reason !== undefined) {
    say(`SKIPPED ${SOAK}: ${reason}`);
    return true;
  }
  const { measured, report, isFine } = await soak(minutes, say);
  say(report);
  keep(measured);
  return isFine;
}

function keep(measured: Measured): void {
  all.push(measured);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(all, undefined, 2)}\n`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
