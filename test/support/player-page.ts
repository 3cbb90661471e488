import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { type PageServer, servePages } from './page-server.js';

const require = createRequire(import.meta.url);

/** A web site of another origin that embeds the player; and one page with mpegts.js. The stream's address is the fragment. */
export function servePlayerPages(): Promise<PageServer> {
  const html = (title: string, body: string) =>
    `<!doctype html><meta charset="utf-8"><title>${title}</title>${body}`;
  const address = 'decodeURIComponent(location.hash.slice(1))';
  return servePages({
    ...playerFile(),
    ...filesWithoutBlobs(),
    '/mpegts.js': readFileSync(require.resolve('mpegts.js/dist/mpegts.js')),
    '/player': html('A page of another origin', player('controls')),
    '/plain': html('A page with controls of its own', player('')),
    '/beside': html('A page with a media source, and sound beside it', player('picture="mse"')),
    '/twice': html('A page with two connections', player('controls redundancy="2"')),
    '/muted': html('A page that begins silently', player('muted')),
    '/without-blobs': html(...withoutBlobs('controls')),
    '/plain-without-blobs': html(...withoutBlobs('')),
    '/mpegts': html(
      'mpegts.js',
      `<video controls style="width:100%"></video><script src="/mpegts.js"></script><script>
  const player = mpegts.createPlayer({ type: 'mpegts', isLive: true, url: ${address} }, { enableStashBuffer: false });
  player.attachMediaElement(document.querySelector('video'));
  player.load();
  player.play();
</script>`,
    ),
  });
}

const player = (attributes: string): string =>
  `<topicast-player autoplay ${attributes} style="width:100%"></topicast-player>
<script type="module" src="/topicast-player.js"></script>
<script type="module">
  const player = document.querySelector('topicast-player');
  window.states = [];
  player.addEventListener('statechange', (event) => window.states.push(event.detail.name));
  player.addEventListener('stats', (event) => { window.stats = event.detail; });
  const [src, cushion] = location.hash.slice(1).split('&').map(decodeURIComponent);
  if (cushion) player.setAttribute('target-latency', cushion);
  player.src = src;
</script>`;

const withoutBlobs = (attributes: string): [title: string, body: string] => [
  'A page whose policy forbids blobs',
  `<meta http-equiv="content-security-policy" content="script-src 'self' 'unsafe-inline'; worker-src 'self'">
${player(`${attributes} worker-src="/worker.js" worklet-src="/worklet.js"`)}`,
];

/** Open one of the pages on a stream; the player may be asked for a latency other than its own. */
export async function openPlayer(
  page: Page,
  pages: PageServer,
  path: `/${'player' | 'plain' | 'beside' | 'twice' | 'muted' | 'without-blobs' | 'plain-without-blobs' | 'mpegts'}`,
  address: string,
  targetLatencyMs?: number,
): Promise<void> {
  const cushion = targetLatencyMs === undefined ? '' : `&${targetLatencyMs}`;
  await page.goto(`${pages.origin}${path}#${encodeURIComponent(address)}${cushion}`);
}

interface Playback {
  readonly time: number;
  readonly pictures: number;
  readonly audioBytes: number;
  readonly paused: boolean;
  readonly states: string[];
  readonly stats: Record<string, number | string | undefined>;
}

/** What the video element, wherever it is, says of itself. */
export function playback(page: Page): Promise<Playback> {
  return page.evaluate(() => {
    const inside = document.querySelector('topicast-player')?.shadowRoot?.querySelector('video');
    const video = inside ?? document.querySelector('video');
    if (!video) throw new Error('no video');
    const decoded = video as HTMLVideoElement & { webkitAudioDecodedByteCount?: number };
    const { states = [], stats = {} } = window as unknown as Pick<Playback, 'states' | 'stats'>;
    return {
      time: video.currentTime,
      pictures: video.getVideoPlaybackQuality().totalVideoFrames,
      audioBytes: decoded.webkitAudioDecodedByteCount ?? 0,
      paused: video.paused,
      states,
      stats,
    };
  });
}

const published = (names: readonly string[]): Record<string, Uint8Array> =>
  Object.fromEntries(
    names.map((name) => [
      `/${name}.js`,
      readFileSync(new URL(`../../player/dist/${name}.js`, import.meta.url)),
    ]),
  );

/** The player's file for plain pages, as it is published, and those that it loads when it needs them. */
export const playerFile = (): Record<string, Uint8Array> =>
  published(
    ['player', 'captions', 'sound', 'overlay', 'picture', 'mse', 'adaptive', 'ways', 'step'].map(
      (name) => `topicast-${name}`,
    ),
  );

/** What it starts from the page's own origin where blobs are forbidden; they lie side by side. */
export const filesWithoutBlobs = (): Record<string, Uint8Array> =>
  published(['worker', 'adaptive', 'mse', 'picture', 'ways', 'worklet']);
