import { launchChromium } from '@topicast/test/chromium';
import { presentedAt, watchPicture } from '@topicast/test/picture-watch';
import { openPlayer, servePlayerPages } from '@topicast/test/player-page';
import { until } from '@topicast/test/poll';

/** A real player in Chromium, on a page that nobody touches. */
export interface Screen {
  /** Wall clock at which pictures were presented, ms. */
  presentedAt(): Promise<number[]>;
  close(): Promise<void>;
}

/** Resolves when it has shown pictures for two seconds. @param addresses of all gateways */
export async function openScreen(addresses: readonly string[]): Promise<Screen> {
  const pages = await servePlayerPages();
  const browser = await launchChromium({ viewport: { width: 640, height: 400 } });
  const close = async (): Promise<void> => {
    await browser.close();
    await pages.close();
  };
  try {
    const page = await browser.newPage();
    await openPlayer(page, pages, '/player', addresses.join(' '));
    await watchPicture(page);
    await until('the player shows pictures', async () => (await presentedAt(page)).length > 60);
    return { presentedAt: () => presentedAt(page), close };
  } catch (error) {
    await close();
    throw error;
  }
}
