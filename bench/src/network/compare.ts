import type { BadNetwork } from '@topicast/test/network/bad-network';
import { ROUTED_ORIGIN } from '@topicast/test/page-server';
import type { BrowserContext } from 'playwright-core';
import type { PlayerName } from '../glass/pages.js';
import { Tally } from '../glass/tally.js';
import { titleOf, type Variant } from '../glass/variant.js';
import { type Seat, type Viewing, view } from '../glass/viewing.js';
import { table } from '../table.js';
import { type Conditions, describeConditions, impose } from './conditions.js';

/** Where each player finds the stream. */
export type Addresses = Readonly<Record<PlayerName, string>>;

export interface Comparison {
  readonly cases: readonly Conditions[];
  readonly variants: readonly Variant[];
  readonly rounds: number;
  readonly seconds: number;
}

/** One player under one set of conditions. */
export interface Result {
  readonly player: string;
  readonly conditions: Conditions;
  /** How often it failed before the end. */
  readonly failures: number;
  /** The most that the link itself was late while any of the players was watched, in ms. */
  readonly linkLate: number;
  readonly glass: ReturnType<Tally['summary']>;
  readonly reported: ReturnType<Tally['reported']>;
}

/** Watch the stream under each of the conditions, with each player in turn. The results come case by case. */
export async function* compare(
  network: BadNetwork,
  browser: BrowserContext,
  addresses: Addresses,
  { cases, variants, rounds, seconds }: Comparison,
): AsyncGenerator<readonly Result[]> {
  for (const conditions of cases) {
    await impose(network, conditions);
    await network.lateness();
    const watched = variants.map((variant) => ({ variant, tally: new Tally(), failures: 0 }));
    for (let round = 0; round < rounds; round++) {
      for (const one of watched) {
        const seat = {
          origin: ROUTED_ORIGIN,
          variant: one.variant,
          address: addresses[one.variant.player],
        };
        const viewing = await tryToView(browser, seat, seconds);
        if (viewing) one.tally.add(viewing);
        else one.failures += 1;
      }
    }
    const linkLate = await network.lateness();
    yield watched.map(({ variant, tally, failures }) => ({
      ...{ player: titleOf(variant), conditions, failures, linkLate },
      ...{ glass: tally.summary(), reported: tally.reported() },
    }));
  }
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

/** One line for each player, while the measurement goes on. */
export function describeResult({ player, conditions, glass, reported, failures }: Result): string {
  const times = `p50 ${glass.p50}, p95 ${glass.p95}, max ${glass.max} ms`;
  const rendition = reported?.rendition === undefined ? '' : `, rendition ${reported.rendition}`;
  const failed = failures > 0 ? `, failed ${failures} times` : '';
  const freezes = `${glass.freezesPerMinute} freezes a minute`;
  return `${describeConditions(conditions)}: ${player} ${times}, ${freezes}${rendition}${failed}`;
}

export function showComparison(results: readonly Result[]): void {
  table(
    [
      ...['network', 'player', 'p50 ms', 'p95', 'max', 'freezes/min', 'longest gap', 'lip sync p50', 'worst'],
      ...['join p50', 'stalls', 'rendition', 'target', 'latency shown', 'failures', 'link late'],
    ],
    results.map(({ player, conditions, failures, linkLate, glass, reported }) => [
      ...[describeConditions(conditions), player, glass.p50, glass.p95, glass.max],
      ...[glass.freezesPerMinute, glass.longestGap, known(glass.lipSyncP50), known(glass.lipSyncWorst)],
      ...[glass.joinP50, reported?.stalls ?? '-', reported?.rendition ?? '-', reported?.target ?? '-'],
      ...[reported?.latency ?? '-', failures, linkLate],
    ]),
  );
}

const known = (value: number): number | string => (Number.isNaN(value) ? '-' : value);
