import { parseArgs } from 'node:util';
import { checkJsonFile } from '@topicast/test/json-file';
import { SCENARIOS } from './scenarios/index.js';

export const SOAK = 'soak';
export const HELP = `npm run chaos -- [options]
  --only NAME    one scenario; may be repeated
  --list         the scenarios
  --json FILE    the measurements; what was skipped or broke off has none
  --minutes N    how long the soak lasts, 30 by default

Printed for each: chunks that the log had acknowledged and a viewer lost, got twice or out of order; how long the fault
lasted; the longest time without a chunk (gap) and without a new picture (stood), and how long that may be (limit);
megabytes of the processes that lived through it, before and after.
`;

/** The command line of `npm run chaos`. Throws one line that says what is wrong with it. */
export function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
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
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes}: must be a number above 0`);
  checkJsonFile(values.json);
  return { ...values, minutes };
}
