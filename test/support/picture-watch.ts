import type { Page } from 'playwright-core';

interface Watching {
  /** Wall clock at which pictures were presented, ms. */
  readonly presentedAt: number[];
}

/** Begin to note when the page's player presents a picture. The page must hold a `<topicast-player>`. */
export async function watchPicture(page: Page): Promise<void> {
  await page.evaluate(() => {
    const video = document.querySelector('topicast-player')?.shadowRoot?.querySelector('video');
    if (!video) throw new Error('no video');
    const watching: Watching = { presentedAt: [] };
    Object.assign(window, { watching });
    const seen: VideoFrameRequestCallback = (_now, frame) => {
      video.requestVideoFrameCallback(seen);
      watching.presentedAt.push(performance.timeOrigin + frame.presentationTime);
    };
    video.requestVideoFrameCallback(seen);
  });
}

/** All of them until now. */
export const presentedAt = (page: Page): Promise<number[]> =>
  page.evaluate(() => (window as unknown as { watching: Watching }).watching.presentedAt);
