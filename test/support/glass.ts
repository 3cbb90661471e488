import type { Page } from 'playwright-core';
import { ageOf, BLOCK_PIXELS, BLOCKS, decodeBarcode, PICTURE_WIDTH } from './barcode.js';

/** What was seen on the screen since the last look. */
export interface Glass {
  /** Age of the picture when it was presented, ms: glass to glass. */
  readonly latencies: number[];
  /** The pictures that were read. */
  readonly pictures: readonly PictureSeen[];
  /** Codes that could not be read. */
  readonly unreadable: number;
  /** Gaps of over 120 ms between presented pictures. */
  readonly freezes: number;
  /** Also the one at the end, in which no picture has followed yet. */
  readonly longestGapMs: number;
  readonly waiting: number;
  readonly presented: number;
}

export interface PictureSeen {
  /** When it appears on the screen, by the wall clock in ms. */
  readonly shownAt: number;
  readonly number: number;
}

interface Watched {
  samples: { at: number; shownAt: number; greys: number[] }[];
  freezes: number;
  longestGapMs: number;
  /** When a picture was last presented, by the page's clock; 0 before the first. */
  lastAt: number;
  waiting: number;
  presented: number;
}

const PLACES = { blocks: BLOCKS, fullPixels: BLOCK_PIXELS, fullWidth: PICTURE_WIDTH };

/** Begin to read the codes from a page's video: every sixth picture, because each reading takes time itself. */
export async function watchGlass(page: Page, selector = 'video'): Promise<void> {
  await page.evaluate(watchOnPage, { selector, ...PLACES });
}

/** What was seen since the last call. */
export async function readGlass(page: Page): Promise<Glass> {
  return decodeGlass(await page.evaluate(takeOnPage));
}

/** The same for a browser that nothing drives: a script that begins to watch, and one whose value is what was seen. */
export const GLASS_SCRIPTS = {
  watch: `(${watchOnPage})(${JSON.stringify({ selector: 'video', ...PLACES })});`,
  take: `(${takeOnPage})()`,
} as const;

/** @param watched the value of {@link GLASS_SCRIPTS}'s `take` */
export function decodeGlass(watched: Watched): Glass {
  const codes = watched.samples.map((sample) => ({ ...sample, code: decodeBarcode(sample.greys) }));
  const { freezes, longestGapMs, waiting, presented } = watched;
  return {
    latencies: codes.flatMap(({ at, code }) => (code ? [ageOf(code, at)] : [])),
    pictures: codes.flatMap(({ shownAt, code }) => (code ? [{ shownAt, number: code.counter }] : [])),
    unreadable: codes.filter(({ code }) => !code).length,
    freezes,
    longestGapMs,
    waiting,
    presented,
  };
}

interface Places {
  readonly selector: string;
  readonly blocks: number;
  readonly fullPixels: number;
  readonly fullWidth: number;
}

/** Runs on the page, so it can use nothing of this file. */
function watchOnPage({ selector, blocks, fullPixels, fullWidth }: Places): void {
  const find = (root: Document | ShadowRoot): HTMLVideoElement | null => {
    const direct = root.querySelector<HTMLVideoElement>(selector);
    if (direct) return direct;
    for (const element of root.querySelectorAll('*')) {
      const inside = element.shadowRoot && find(element.shadowRoot);
      if (inside) return inside;
    }
    return null;
  };
  const video = find(document);
  if (!video) throw new Error(`no ${selector} on the page`);
  const watched: Watched = {
    ...{ samples: [], freezes: 0, longestGapMs: 0, lastAt: 0, waiting: 0, presented: 0 },
  };
  Object.assign(window, { watched });
  const context = new OffscreenCanvas(blocks, 1).getContext('2d', { willReadFrequently: true });
  video.addEventListener('waiting', () => watched.waiting++);
  const seen: VideoFrameRequestCallback = (_now, frame) => {
    video.requestVideoFrameCallback(seen);
    const gap = watched.lastAt ? frame.presentationTime - watched.lastAt : 0;
    if (gap > 120) watched.freezes++;
    watched.longestGapMs = Math.max(watched.longestGapMs, gap);
    watched.lastAt = frame.presentationTime;
    if (watched.presented++ % 6 || !context) return;
    const pixels = (fullPixels * video.videoWidth) / fullWidth;
    // The middle of the blocks, clear of their blurred edges.
    context.drawImage(video, 0, pixels / 4, blocks * pixels, pixels / 2, 0, 0, blocks, 1);
    const { data } = context.getImageData(0, 0, blocks, 1);
    const greys = Array.from({ length: blocks }, (_, i) => data[i * 4 + 1] ?? 0);
    const { timeOrigin } = performance;
    const [at, shownAt] = [timeOrigin + frame.presentationTime, timeOrigin + frame.expectedDisplayTime];
    watched.samples.push({ at, shownAt, greys });
  };
  video.requestVideoFrameCallback(seen);
}

/** Runs on the page. */
function takeOnPage(): Watched {
  const { watched } = window as unknown as { watched: Watched };
  const standing = watched.lastAt ? performance.now() - watched.lastAt : 0;
  const taken = { ...watched, longestGapMs: Math.max(watched.longestGapMs, standing) };
  Object.assign(watched, { samples: [], freezes: 0, longestGapMs: 0, waiting: 0, presented: 0 });
  return taken;
}

/** The value below which this share of the numbers lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
