import type { Page } from 'playwright-core';
import { BLOCK_PIXELS, BLOCKS, decodeBarcode, PICTURE_WIDTH } from './barcode.js';
import { quantile } from './glass.js';

/** A picture that a player has put on the screen: when, by the wall clock, and when it was drawn. */
export interface Shown {
  readonly at: number;
  readonly drawn: number;
}

interface Seen {
  readonly at: number;
  readonly media: number;
  readonly greys?: number[];
}

/** One code in so many pictures is read, because reading takes time; the timeline tells the others. */
const READ_EVERY = 3;
const NEAR_S = 2;
const TIME_BITS = 2 ** 32;

/** Begin to note what each player of the page shows. */
export async function watchPlayers(page: Page): Promise<void> {
  taken.delete(page);
  await page.evaluate(
    ({ blocks, fullPixels, fullWidth, every }) => {
      const context = new OffscreenCanvas(blocks, 1).getContext('2d', { willReadFrequently: true })!;
      const players = [...document.querySelectorAll('topicast-player')];
      const seen: Seen[][] = players.map(() => []);
      Object.assign(window, { seen });
      for (const [index, player] of players.entries()) {
        const video = player.shadowRoot!.querySelector('video')!;
        let count = 0;
        const look: VideoFrameRequestCallback = (_now, frame) => {
          video.requestVideoFrameCallback(look);
          const picture = { at: performance.timeOrigin + frame.presentationTime, media: frame.mediaTime };
          if (count++ % every) {
            seen[index]!.push(picture);
            return;
          }
          const pixels = (fullPixels * video.videoWidth) / fullWidth;
          context.drawImage(video, 0, pixels / 4, blocks * pixels, pixels / 2, 0, 0, blocks, 1);
          const { data } = context.getImageData(0, 0, blocks, 1);
          seen[index]!.push({
            ...picture,
            greys: Array.from({ length: blocks }, (_, block) => data[block * 4 + 1] ?? 0),
          });
        };
        video.requestVideoFrameCallback(look);
      }
    },
    { blocks: BLOCKS, fullPixels: BLOCK_PIXELS, fullWidth: PICTURE_WIDTH, every: READ_EVERY },
  );
}

/** What was taken from pages. */
const taken = new WeakMap<Page, Seen[][]>();

/** What each player of the page has shown so far. Only what is new is asked for, because that takes the page's time. */
export async function shownBy(page: Page): Promise<Shown[][]> {
  const fresh = await page.evaluate(() =>
    (window as unknown as { seen: Seen[][] }).seen.map((one) => one.splice(0)),
  );
  const before = taken.get(page) ?? [];
  const seen = fresh.map((one, index) => [...(before[index] ?? []), ...one]);
  taken.set(page, seen);
  return seen.map(withTimes);
}

/** On a busy machine each picture is drawn a little early or late, but has its place in time. */
function withTimes(seen: readonly Seen[]): Shown[] {
  const read = seen.flatMap(({ at, media, greys }) => {
    const code = greys && decodeBarcode(greys);
    return code ? [{ media, drawn: code.time + Math.floor(at / TIME_BITS) * TIME_BITS }] : [];
  });
  return seen.flatMap(({ at, media }) => {
    const near = read.filter((code) => Math.abs(code.media - media) < NEAR_S);
    if (near.length === 0) return [];
    const began = quantile(
      near.map((code) => code.drawn - code.media * 1000),
      0.5,
    );
    return [{ at, drawn: began + media * 1000 }];
  });
}

/** How far apart the players were at each of these instants, in ms: from the oldest to the newest picture on a screen. */
export function spreads(players: readonly (readonly Shown[])[], from: number, to: number): number[] {
  const found: number[] = [];
  for (let instant = from; instant <= to; instant += 50) {
    const drawn = players.map((shown) => shown.findLast(({ at }) => at <= instant)?.drawn);
    if (drawn.every((time) => time !== undefined)) found.push(Math.max(...drawn) - Math.min(...drawn));
  }
  return found;
}
