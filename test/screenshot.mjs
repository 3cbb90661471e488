// The README's picture: the watch page of a running Topicast. `npm run screenshot -- http://127.0.0.1:3000`
import { fileURLToPath } from 'node:url';
import { launchChromium } from '@topicast/test/chromium';

const web = process.argv[2] ?? 'http://127.0.0.1:3000';
const file = fileURLToPath(new URL('../docs/images/watch.png', import.meta.url));
const browser = await launchChromium({ viewport: { width: 1200, height: 840 } });
const page = await browser.newPage();
await page.goto(`${web}/watch/demo`);
await page.waitForFunction(() => {
  const video = document.querySelector('topicast-player')?.shadowRoot?.querySelector('video');
  return (video?.currentTime ?? 0) > 0 && (video?.getVideoPlaybackQuality().totalVideoFrames ?? 0) > 200;
});
await page.screenshot({ path: file });
await browser.close();
