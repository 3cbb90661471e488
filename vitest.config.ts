import { defineConfig } from 'vitest/config';

// Packages import each other by name; under test they resolve to the sources, so that no suite runs on a stale build.
const fromSource = {
  resolve: { conditions: ['topicast-source', 'import', 'module', 'default'] },
  ssr: { resolve: { conditions: ['topicast-source', 'node', 'import', 'module', 'default'] } },
};

/** `expect.poll` waits for a second otherwise, which a busy machine needs for itself. */
const patient = { expect: { poll: { timeout: 30_000 } } };

/** They are judged by the clock, and have the machine to themselves. */
const CLOCKED = 'test/integration/{bad-network,producers,two-gateways}.test.ts';

export default defineConfig({
  test: {
    projects: [
      {
        ...fromSource,
        test: {
          name: 'unit',
          ...patient,
          include: [
            '{contracts,media,log,sources,rtmp,ingest,producer,processors,gateway,player,broadcast,start,web,deploy,bench}/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', '**/dist/**', 'log/src/kafka/**', '**/.next/**'],
          // Longer than `until` waits: it says what it waited for.
          testTimeout: 90_000,
          // They mostly wait, so that three at a time are no load even for two cores.
          maxWorkers: 3,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'integration',
          ...patient,
          include: ['test/integration/**/*.test.ts', 'log/src/kafka/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 240_000,
          exclude: [CLOCKED],
          // Brokers and encoders take their time to start, and wait for each other most of it.
          maxWorkers: 2,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'clocked',
          ...patient,
          include: [CLOCKED],
          testTimeout: 120_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'e2e',
          ...patient,
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'chaos',
          ...patient,
          include: ['test/chaos/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
