import { writeFile } from 'node:fs/promises';
import { compare } from './fanout/compare.js';
import { MODES } from './fanout/contender.js';
import { idle, rush, stalled } from './fanout/scenarios.js';
import { isCount, readOptions } from './options.js';

/** What it costs to send one stream to many viewers. docs/measurements.md has the tables that this prints. */
const SCENARIOS = { compare, stalled, idle, rush } as const;
type Scenario = keyof typeof SCENARIOS;
const DEFAULTS: Record<Scenario, { modes: string; viewers: string; rounds: string }> = {
  compare: { modes: 'raw,v1,economy,naive,c,node-media-server', viewers: '100,300,1000,2000', rounds: '3' },
  stalled: { modes: 'raw,economy', viewers: '1000', rounds: '3' },
  idle: { modes: 'raw,v1', viewers: '2000', rounds: '1' },
  rush: { modes: 'raw', viewers: '5000', rounds: '1' },
};

const options = readOptions(
  'fanout',
  {
    scenario: { type: 'string', default: 'compare' },
    viewers: { type: 'string' },
    modes: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'string' },
  },
  ['rounds', 'seconds'],
  {
    scenario: Object.keys(SCENARIOS).join('|'),
    viewers: DEFAULTS.compare.viewers,
    modes: Object.keys(MODES).join(','),
    rounds: DEFAULTS.compare.rounds,
  },
);
const scenario = oneOf('scenario', options.scenario, SCENARIOS);
const given = { ...DEFAULTS[scenario], ...options };
const modes = given.modes.split(',').map((mode) => oneOf('modes', mode, MODES));
const viewers = given.viewers.split(',');
if (!viewers.every(isCount)) refuse(`--viewers ${given.viewers}: must be whole numbers of at least 1`);
const rounds = Number(given.rounds);
const seconds = Number(given.seconds);

const result =
  scenario === 'compare'
    ? await compare({ modes, viewers: viewers.map(Number), rounds, seconds })
    : await SCENARIOS[scenario]({ modes, viewers: Number(viewers[0]), rounds, seconds });
if (options.json) {
  await writeFile(options.json, `${JSON.stringify({ bench: 'fanout', scenario, ...result }, null, 2)}\n`);
}

function oneOf<T extends object>(option: string, name: string, known: T): keyof T {
  if (Object.hasOwn(known, name)) return name as keyof T;
  return refuse(`--${option} ${name}: must be one of ${Object.keys(known).join(', ')}`);
}

function refuse(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}
