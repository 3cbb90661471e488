import { listenForBeeps } from '@topicast/test/flash-and-beep';
import { type Glass, readGlass, watchGlass } from '@topicast/test/glass';
import { until } from '@topicast/test/poll';
import type { Page } from 'playwright-core';
import { lipSync } from './lip-sync.js';
import { PLAYERS } from './pages.js';
import type { Variant } from './variant.js';

/** The first seconds belong to the join, in which each player comes down to its own target. */
export const SETTLE_MS = 6_000;
const JOIN_LIMIT_MS = 30_000;

/** What we use of our player's statistics; its package has types only after it was bundled. */
export interface PlayerStats {
  readonly stalls: number;
  readonly targetMs: number;
  readonly latencyMs?: number;
  readonly rendition?: number;
}

/** What one viewer saw of a stream for a while. */
export interface Viewing {
  readonly joinMs: number;
  readonly seconds: number;
  readonly glass: Glass;
  /** How much later each beep was heard than its picture was seen, in ms; none if the page itself plays no sound. */
  readonly lipSync: readonly number[];
  /** Of our player, at the beginning and at the end of these seconds. */
  readonly stats: { readonly before: PlayerStats; readonly after: PlayerStats } | undefined;
}

/** What the pages of a site leave for us, see `playerPages`. */
interface Left {
  readonly joined?: number;
  readonly stats?: PlayerStats;
  /** When beeps were heard, by the wall clock. */
  readonly beeps: readonly number[];
}

/** Where a page is, and what it plays. */
export interface Seat {
  /** Of the web site of `playerPages`. */
  readonly origin: string;
  readonly variant: Variant;
  /** Of the stream. */
  readonly address: string;
}

/** @returns ms from the click to the first picture */
export async function join(page: Page, { origin, variant, address }: Seat): Promise<number> {
  await page.goto('about:blank');
  const wanted = JSON.stringify({ ...variant.attributes, src: address });
  await page.goto(`${origin}${PLAYERS[variant.player].path}#${encodeURIComponent(wanted)}`);
  await page.click('button');
  const patience = { everyMs: 20, limitMs: JOIN_LIMIT_MS };
  return until('a picture is presented', async () => (await left(page)).joined, patience);
}

/** Join on this page, settle, and then watch for some seconds. */
export async function view(page: Page, seat: Seat, seconds: number): Promise<Viewing> {
  await listenForBeeps(page);
  const joinMs = await join(page, seat);
  await watchGlass(page);
  await page.waitForTimeout(SETTLE_MS);
  await readGlass(page);
  const { stats: before } = await left(page);
  await page.waitForTimeout(seconds * 1000);
  const glass = await readGlass(page);
  const { stats: after, beeps } = await left(page);
  const stats = before && after && { before, after };
  return { joinMs, seconds, glass, lipSync: lipSync(glass.pictures, beeps), stats };
}

const left = (page: Page): Promise<Left> =>
  page.evaluate(() => {
    const { joined, stats, heard } = window as Partial<Left> & { heard?: { beeps: readonly number[] } };
    const beeps = (heard?.beeps ?? []).map((beep) => performance.timeOrigin + beep);
    return { beeps, ...(joined === undefined ? {} : { joined }), ...(stats ? { stats } : {}) };
  });
