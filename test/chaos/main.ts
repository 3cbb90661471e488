/** `npm run chaos`: causes faults, and reports what the viewers saw. */
import { writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { clusterUnavailable } from '@topicast/test/kafka';
import { type ChaosCluster, startChaosCluster } from './cluster.js';
import { HELP, readOptions, SOAK } from './options.js';
import { reportHead, reportRow, verdictOf } from './report.js';
import { type Measured, runScenario } from './run-scenario.js';
import type { Scenario } from './scenario.js';
import { SCENARIOS } from './scenarios/index.js';
import { soak } from './soak/soak.js';

// Ends everything that was started: see the handlers of `exit`.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const options = optionsOrEnd();
const all: Measured[] = [];
if (options.help) process.stdout.write(HELP);
else if (options.list) list();
else process.exit((await run(options.only ?? SCENARIOS.map(({ name }) => name))) ? 0 : 1);

function optionsOrEnd(): ReturnType<typeof readOptions> {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${HELP}`);
    return process.exit(1);
  }
}

function list(): void {
  for (const { name, what } of SCENARIOS) say(`${name.padEnd(17)}${what}`);
  say(`${SOAK.padEnd(17)}20 streams, and 300 viewers that come and go; runs only if you name it`);
}

/** @returns whether all goals were met. */
async function run(names: readonly string[]): Promise<boolean> {
  const scenarios = SCENARIOS.filter(({ name }) => names.includes(name));
  save();
  const isMet = scenarios.length === 0 || (await runScenarios(scenarios));
  return names.includes(SOAK) ? (await runSoak(options.minutes)) && isMet : isMet;
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
    process.stderr.write(`${scenario.name}: ${scenario.what} ...\n`);
    try {
      const outcome = await runScenario(scenario, () => {
        cluster ??= startChaosCluster();
        return cluster;
      });
      say(reportRow(outcome));
      keep(outcome.measured);
      isMet &&= verdictOf(outcome) === 'met';
    } catch (error) {
      // With its causes: it is they that tell why a system did not start.
      say(`FAILED ${scenario.name}: ${inspect(error)}`);
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
  save();
}

function save(): void {
  if (options.json) writeFileSync(options.json, `${JSON.stringify(all, undefined, 2)}\n`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
