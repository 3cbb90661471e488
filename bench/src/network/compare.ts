import type { BadNetwork } from '@topicast/test/network/bad-network';
import type { BrowserContext } from 'playwright-core';
import { PLAYERS, type PlayerName } from '../glass/pages.js';
import { Tally } from '../glass/tally.js';
import { view } from '../glass/viewing.js';
import { table } from '../table.js';
import { type Conditions, describeConditions, impose } from './conditions.js';
import { PAGES_ORIGIN } from './viewer-browser.js';

export interface Comparison {
  readonly cases: readonly Conditions[];
  readonly players: readonly PlayerName[];
  readonly rounds: number;
  readonly seconds: number;
}

/** One player under one set of conditions. */
type Result = { readonly player: PlayerName; readonly conditions: Conditions; readonly failures: number } & {
  readonly glass: ReturnType<Tally['summary']>;
  readonly reported: ReturnType<Tally['reported']>;
};

/** Watch the stream with each player, in turn, under each of the conditions. */
export async function compare(
  network: BadNetwork,
  browser: BrowserContext,
  address: string,
  { cases, players, rounds, seconds }: Comparison,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const conditions of cases) {
    await impose(network, conditions);
    const tallies = new Map(players.map((player) => [player, { tally: new Tally(), failures: 0 }]));
    for (let round = 0; round < rounds; round++) {
      for (const [player, of] of tallies) {
        const page = await browser.newPage();
        try {
          of.tally.add(await view(page, { origin: PAGES_ORIGIN, player, address }, seconds));
        } catch (error) {
          process.stderr.write(`${PLAYERS[player].title}: ${(error as Error).message}\n`);
          of.failures += 1;
        } finally {
          await page.close();
        }
      }
    }
    for (const [player, { tally, failures }] of tallies) {
      results.push({ player, conditions, failures, glass: tally.summary(), reported: tally.reported() });
    }
  }
  return results;
}

export function showComparison(results: readonly Result[]): void {
  table(
    [
      ...['network', 'player', 'p50 ms', 'p95', 'max', 'freezes/min', 'longest gap', 'join p50'],
      ...['stalls', 'rendition', 'target', 'latency shown', 'failures'],
    ],
    results.map(({ player, conditions, failures, glass, reported }) => [
      ...[describeConditions(conditions), PLAYERS[player].title, glass.p50, glass.p95, glass.max],
      ...[glass.freezesPerMinute, glass.longestGap, glass.joinP50, reported?.stalls ?? '-'],
      ...[reported?.rendition ?? '-', reported?.target ?? '-', reported?.latency ?? '-', failures],
    ]),
  );
}
