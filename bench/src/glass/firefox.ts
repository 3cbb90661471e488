import { openFirefox } from '@topicast/test/firefox';
import { decodeGlass, GLASS_SCRIPTS } from '@topicast/test/glass';
import { servePages } from '@topicast/test/page-server';
import { playerFile } from '@topicast/test/player-page';
import { until } from '@topicast/test/poll';
import { type PlayerStats, SETTLE_MS, type Viewing } from './viewing.js';

interface Told {
  readonly joined: number;
  readonly stats: PlayerStats | undefined;
  readonly watched: Parameters<typeof decodeGlass>[0];
}

/** Nothing drives this browser, so the page tells what it sees: once when it has settled, and once at the end. */
const page = (address: string, seconds: number): string => `<!doctype html><title>Topicast in Firefox</title>
<topicast-player autoplay></topicast-player><script type="module" src="/topicast-player.js"></script>
<script type="module">
  const player = document.querySelector('topicast-player');
  const video = player.shadowRoot.querySelector('video');
  let stats;
  player.addEventListener('stats', (event) => { stats = event.detail; });
  const began = performance.now();
  player.src = ${JSON.stringify(address)};
  video.requestVideoFrameCallback((_now, frame) => {
    const joined = frame.presentationTime - began;
    const tell = () => fetch('/', { method: 'POST', body: JSON.stringify({ joined, stats, watched: ${GLASS_SCRIPTS.take} }) });
    ${GLASS_SCRIPTS.watch}
    setTimeout(tell, ${SETTLE_MS});
    setTimeout(tell, ${SETTLE_MS + seconds * 1000});
  });
</script>`;

/** Our player in a Firefox of its own: joins, settles, and watches for some seconds. */
export async function viewInFirefox(executable: string, address: string, seconds: number): Promise<Viewing> {
  const told: Told[] = [];
  const pages = await servePages({ ...playerFile(), '/': page(address, seconds) }, (body) =>
    told.push(JSON.parse(body)),
  );
  const browser = await openFirefox(executable, `${pages.origin}/`);
  const limitMs = 60_000 + SETTLE_MS + seconds * 1000;
  try {
    const [first, last] = await until(
      'Firefox has told what it saw',
      async () => (told.length > 1 ? told : undefined),
      { everyMs: 200, limitMs },
    );
    const { stats: before } = first!;
    const { joined: joinMs, stats: after, watched } = last!;
    const glass = decodeGlass(watched);
    return { joinMs, seconds, glass, stats: before && after && { before, after }, lipSync: [] };
  } finally {
    await browser.close();
    await pages.close();
  }
}
