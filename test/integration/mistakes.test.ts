import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';
import { REPOSITORY } from '../support/root.js';
import { temporaryFolder } from '../support/temporary.js';

interface Mistake {
  readonly what: string;
  readonly program: 'all' | 'gateway';
  readonly args?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
  readonly line: string | RegExp;
}

const MISTAKES: readonly Mistake[] = [
  {
    what: 'equal ports',
    program: 'all',
    settings: { TOPICAST_WEB_PORT: '4000', TOPICAST_GATEWAY_PORT: '4000' },
    line: 'TOPICAST_WEB_PORT and TOPICAST_GATEWAY_PORT are both 4000: give the web app and the gateway a port each',
  },
  {
    what: 'an unknown log level',
    program: 'all',
    settings: { TOPICAST_LOG_LEVEL: 'loud' },
    line: /^TOPICAST_LOG_LEVEL: "loud" is not one of .*, silent$/,
  },
  {
    what: 'an unknown option',
    program: 'all',
    args: ['--inputs', 'a=b'],
    line: /'--inputs'.*\(see --help\)$/,
  },
  {
    what: 'a gateway without a log to share',
    program: 'gateway',
    line: /KAFKA_BROKERS/,
  },
];

it.each(MISTAKES)('$what: one line that says what to do', ({ program, args = [], settings, line }) => {
  using folder = temporaryFolder();
  const file = path.join(REPOSITORY, 'start/dist', `${program}.js`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { PATH: process.env.PATH, TOPICAST_DATA_DIR: folder.path, ...settings },
  });
  const lines = stderr.trim().split('\n');
  expect({ status, stdout, count: lines.length }).toEqual({ status: 1, stdout: '', count: 1 });
  const said = lines[0]!.replace(/^Topicast: /, '');
  if (typeof line === 'string') expect(said).toBe(line);
  else expect(said).toMatch(line);
});
