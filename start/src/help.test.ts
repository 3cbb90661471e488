import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SETTING_NAMES } from '@topicast/contracts/setting-names';
import { describe, expect, it } from 'vitest';
import { GATEWAY_HELP, PROCESSORS_HELP, WEB_HELP } from './help.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const textOf = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const namesIn = (text: string): string[] => [...new Set(text.match(/\bTOPICAST_[A-Z0-9_]+\b/g))].sort();

describe('the names of the settings', () => {
  it('are those of the table for operators, and what only builds and tests know', () => {
    const [table = ''] = textOf('docs/4-operate.md').split('\n## Health');
    const ofBuildsAndTests = [
      'TOPICAST_FUZZ_RUNS',
      'TOPICAST_HANGS',
      'TOPICAST_MEDIA',
      'TOPICAST_WEB_STANDALONE',
    ];
    expect(namesIn(`${table} ${ofBuildsAndTests.join(' ')}`)).toEqual([...SETTING_NAMES].sort());
  });

  it.each([
    'contracts/src/config.ts',
    'gateway/src/config.ts',
    'producer/src/config.ts',
    'processors/src/config.ts',
    'start/src/program.ts',
    'web/lib/server-config.ts',
    'docker-compose.yml',
    'deploy/Dockerfile',
    'deploy/kubernetes/topicast.yaml',
  ])('know all that %s has', (file) => {
    const names = namesIn(textOf(file));
    expect(names.length).toBeGreaterThan(0);
    expect(SETTING_NAMES).toEqual(expect.arrayContaining(names));
  });

  it('know all that --help has', () => {
    const names = namesIn(`${GATEWAY_HELP} ${PROCESSORS_HELP} ${WEB_HELP}`);
    expect(SETTING_NAMES).toEqual(expect.arrayContaining(names));
  });
});
