import { expect, it } from 'vitest';
import { readProcessorsConfig } from './config.js';

it('does everything by default, and what is switched off not', () => {
  expect(readProcessorsConfig({})).toMatchObject({
    thumbnailEvery: 5_000,
    mostAnalyses: 16,
    health: undefined,
  });
  const off = {
    TOPICAST_THUMBNAIL_SECONDS: 'off',
    TOPICAST_ANALYSE: 'off',
    TOPICAST_PROCESSORS_PORT: '8082',
  };
  expect(readProcessorsConfig(off)).toMatchObject({
    ...{ thumbnailEvery: undefined, mostAnalyses: 0 },
    health: { host: '127.0.0.1', port: 8082 },
  });
  expect(readProcessorsConfig({ TOPICAST_ANALYSE: '200' }).mostAnalyses).toBe(200);
});

it.each([
  [{ TOPICAST_THUMBNAIL_SECONDS: '1' }, 'TOPICAST_THUMBNAIL_SECONDS: must be a whole number from 2 to 3600'],
  [{ TOPICAST_ANALYSE: 'yes' }, 'TOPICAST_ANALYSE: must be on, off, or a whole number from 1 to 1000'],
  [{ TOPICAST_ANALYSE: '0' }, 'TOPICAST_ANALYSE'],
])('says what is wrong with %o', (environment, words) => {
  expect(() => readProcessorsConfig(environment)).toThrow(words);
});
