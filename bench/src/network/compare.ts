import type { BadNetwork } from '@topicast/test/network/bad-network';
import type { BrowserContext } from 'playwright-core';
import { Tally } from '../glass/tally.js';
import { titleOf, type Variant } from '../glass/variant.js';
import { type Seat, type Viewing, view } from '../glass/viewing.js';
import { table } from '../table.js';
import { type Conditions, describeConditions, impose } from './conditions.js';
import { PAGES_ORIGIN } from './viewer-browser.js';

export interface Comparison {
  readonly cases: readonly Conditions[];
  readonly variants: readonly Variant[];
  readonly rounds: number;
  readonly seconds: number;
}

/** One player under one set of conditions. */
interface Result {
  readonly player: string;
  readonly conditions: Conditions;
  /** How often it failed before the end. */
  readonly failures: number;
  /** The most that the link itself was late while any of the players was watched, in ms. */
  readonly linkLate: number;
  readonly glass: ReturnType<Tally['summary']>;
  readonly reported: ReturnType<Tally['reported']>;
}

/** Watch the stream under each of the conditions, with each player in turn. */
export async function compare(
  network: BadNetwork,
  browser: BrowserContext,
  address: string,
  { cases, variants, rounds, seconds }: Comparison,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const conditions of cases) {
    await impose(network, conditions);
    await network.lateness();
    const watched = variants.map((variant) => ({ variant, tally: new Tally(), failures: 0 }));
    for (let round = 0; round < rounds; round++) {
      for (const one of watched) {
        const seat = { origin: PAGES_ORIGIN, variant: one.variant, address };
        const viewing = await tryToView(browser, seat, seconds);
        if (viewing) one.tally.add(viewing);
        else one.failures += 1;
      }
    }
    const linkLate = await network.lateness();
    for (const { variant, tally, failures } of watched) {
      const [glass, reported] = [tally.summary(), tally.reported()];
      results.push({ player: titleOf(variant), conditions, failures, linkLate, glass, reported });
    }
  }
  return results;
}

/** On a bad network, a player may get no picture at all. That is a result, too. */
async function tryToView(browser: BrowserContext, seat: Seat, seconds: number): Promise<Viewing | undefined> {
  const page = await browser.newPage();
  try {
    return await view(page, seat, seconds);
  } catch (error) {
    process.stderr.write(`${titleOf(seat.variant)}: ${(error as Error).message}\n`);
    return undefined;
  } finally {
    await page.close();
  }
}

export function showComparison(results: readonly Result[]): void {
  table(
    [
      ...['network', 'player', 'p50 ms', 'p95', 'max', 'freezes/min', 'longest gap', 'join p50'],
      ...['stalls', 'rendition', 'target', 'latency shown', 'failures', 'link late'],
    ],
    results.map(({ player, conditions, failures, linkLate, glass, reported }) => [
      ...[describeConditions(conditions), player, glass.p50, glass.p95, glass.max],
      ...[glass.freezesPerMinute, glass.longestGap, glass.joinP50, reported?.stalls ?? '-'],
      ...[reported?.rendition ?? '-', reported?.target ?? '-', reported?.latency ?? '-', failures, linkLate],
    ]),
  );
}
