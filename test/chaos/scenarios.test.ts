import { clusterUnavailable } from '@topicast/test/kafka';
import { afterAll, describe, expect, it } from 'vitest';
import { type ChaosCluster, startChaosCluster } from './cluster.js';
import { runScenario } from './run-scenario.js';
import { SCENARIOS } from './scenarios/index.js';

describe('a viewer that stays gets every chunk once and in order, and the player goes on by itself', () => {
  let cluster: Promise<ChaosCluster> | undefined;
  afterAll(async () => {
    await (await cluster)?.close();
  });

  for (const scenario of SCENARIOS) {
    const reason = scenario.unavailable?.() ?? (scenario.on === 'kafka' ? clusterUnavailable() : undefined);
    it.skipIf(reason)(`${scenario.name}${reason ? ` (${reason})` : ''}`, async () => {
      const { measured, hasRecovered, notes } = await runScenario(scenario, () => {
        cluster ??= startChaosCluster();
        return cluster;
      });
      expect({ ...measured, hasRecovered }, notes.join('\n')).toMatchObject({
        ...{ lost: 0, doubled: 0, outOfOrder: 0, hasRecovered: true },
      });
    });
  }
});
