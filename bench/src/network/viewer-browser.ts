import { launchChromium } from '@topicast/test/chromium';
import type { BadNetwork } from '@topicast/test/network/bad-network';
import { routePages } from '@topicast/test/page-server';
import type { BrowserContext } from 'playwright-core';
import { playerPages } from '../glass/pages.js';

/** A browser at the viewer's end. It gets the pages from us, so that the network carries only the video. */
export async function openViewerBrowser(network: BadNetwork): Promise<BrowserContext> {
  const browser = await launchChromium({
    within: network.viewer,
    // Chromium 142 and later ask the user before a page may reach a private address.
    args: ['--disable-features=LocalNetworkAccessChecks'],
  });
  await routePages(browser, playerPages());
  return browser;
}
