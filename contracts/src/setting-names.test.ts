import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { SETTING_NAMES, unknownSettings } from './setting-names.js';

const noteOn = (name: string): string[] => unknownSettings({ [name]: 'a secret' });

it.each([
  ['TOPICAST_TOKN', 'TOPICAST_TOKEN'],
  ['TOPICAST_HSOT', 'TOPICAST_HOST'],
  ['TOPICAST_VIEWERS_SECRET', 'TOPICAST_VIEWER_SECRET'],
  ['TOPICAST_KAFKA_REPLICAS', 'TOPICAST_KAFKA_REPLICATION'],
])('%s is told to be %s, perhaps', (given, meant) => {
  expect(noteOn(given)).toEqual([`${given}: unknown setting; did you mean ${meant}?`]);
});

it('a name that is near to none is told to be unknown', () => {
  expect(noteOn('TOPICAST_COLOUR')).toEqual([
    'TOPICAST_COLOUR: unknown setting; docs/4-operate.md lists all settings',
  ]);
});

it('names that are known, empty or of other software are no matter', () => {
  const known = Object.fromEntries(SETTING_NAMES.map((name) => [name, 'set']));
  expect(unknownSettings({ ...known, TOPICAST_TOKN: '', KAFKA_HEAP_OPTS: '-Xmx1g', PATH: '/bin' })).toEqual(
    [],
  );
});

it('every name that a program reads is known, and explained to operators', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const namesIn = (file: string): string[] =>
    readFileSync(file, 'utf8').match(/TOPICAST_[A-Z_]+[A-Z]/g) ?? [];
  const read = ['gateway/src', 'producer/src', 'processors/src', 'log/src', 'start/src', 'web/lib'].flatMap(
    (folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
        .flatMap((name) => namesIn(path.join(root, folder, name))),
  );
  expect(read.length).toBeGreaterThan(20);
  expect([...new Set(read)].filter((name) => !SETTING_NAMES.includes(name))).toEqual([]);
  const explained = namesIn(path.join(root, 'docs/4-operate.md'));
  expect(SETTING_NAMES.filter((name) => !explained.includes(name))).toEqual([]);
});
