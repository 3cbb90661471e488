import type { Page } from 'playwright-core';
import { ageOf, BLOCK_PIXELS, BLOCKS, decodeBarcode, PICTURE_WIDTH } from './barcode.js';

/** What was seen on the screen since the last look. */
export interface Glass {
  /** Age of the picture when it was presented, ms: glass to glass. */
  readonly latencies: number[];
  /** Codes that could not be read. */
  readonly unreadable: number;
  /** Gaps of over 120 ms between presented pictures. */
  readonly freezes: number;
  /** Also the one at the end, in which no picture has followed yet. */
  readonly longestGapMs: number;
  readonly waiting: number;
  readonly presented: number;
}

interface Watched {
  samples: { at: number; greys: number[] }[];
  freezes: number;
  longestGapMs: number;
  /** When a picture was last presented, by the page's clock; 0 before the first. */
  lastAt: number;
  waiting: number;
  presented: number;
}

/** Begin to read the codes from a page's video: every sixth picture, because each reading takes time itself. */
export async function watchGlass(page: Page, selector = 'video'): Promise<void> {
  await page.evaluate(
    ({ selector, blocks, fullPixels, fullWidth }) => {
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
        watched.samples.push({ at: performance.timeOrigin + frame.presentationTime, greys });
      };
      video.requestVideoFrameCallback(seen);
    },
    { selector, blocks: BLOCKS, fullPixels: BLOCK_PIXELS, fullWidth: PICTURE_WIDTH },
  );
}

/** What was seen since the last call. */
export async function readGlass(page: Page): Promise<Glass> {
  const watched = await page.evaluate(() => {
    const { watched } = window as unknown as { watched: Watched };
    const standing = watched.lastAt ? performance.now() - watched.lastAt : 0;
    const taken = { ...watched, longestGapMs: Math.max(watched.longestGapMs, standing) };
    Object.assign(watched, { samples: [], freezes: 0, longestGapMs: 0, waiting: 0, presented: 0 });
    return taken;
  });
  const codes = watched.samples.map(({ at, greys }) => ({ at, code: decodeBarcode(greys) }));
  const { freezes, longestGapMs, waiting, presented } = watched;
  return {
    latencies: codes.flatMap(({ at, code }) => (code ? [ageOf(code, at)] : [])),
    unreadable: codes.filter(({ code }) => !code).length,
    freezes,
    longestGapMs,
    waiting,
    presented,
  };
}

/** The value below which this share of the numbers lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
