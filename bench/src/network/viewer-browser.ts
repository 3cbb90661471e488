import { launchChromium } from '@topicast/test/chromium';
import type { BadNetwork } from '@topicast/test/network/bad-network';
import type { BrowserContext } from 'playwright-core';
import { playerPages } from '../glass/pages.js';

/** The origin of the players' pages. The browser treats it as secure, so they may use all features. */
export const PAGES_ORIGIN = 'http://localhost';

/** A browser at the viewer's end. It gets the pages from us, so that the network carries only the video. */
export async function openViewerBrowser(network: BadNetwork): Promise<BrowserContext> {
  const browser = await launchChromium({
    within: network.viewer,
    // Chromium 142 and later ask the user before a page may reach a private address.
    args: ['--disable-features=LocalNetworkAccessChecks'],
  });
  const files = playerPages();
  await browser.route(`${PAGES_ORIGIN}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    const body = files[pathname];
    if (body === undefined) return route.fulfill({ status: 404 });
    const contentType = pathname.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8';
    return route.fulfill({ body: Buffer.from(body), contentType });
  });
  return browser;
}
