import { openFirefox } from './firefox.js';
import { servePages } from './page-server.js';
import { playerFile } from './player-page.js';

/** What the player says of itself, and what its picture shows. */
export interface SeenInFirefox {
  /** The player's state. */
  readonly state: string;
  /** Why it has failed. */
  readonly message?: string;
  readonly time: number;
  readonly pictures: number;
  /** As `1280x720`. */
  readonly size: string;
  readonly hasSound: boolean;
  /** A fingerprint of the picture, empty before the first. */
  readonly picture: string;
}

const PAGE = `<!doctype html><meta charset="utf-8"><title>The player in Firefox</title>
<topicast-player autoplay controls style="width:100%"></topicast-player>
<script type="module" src="/topicast-player.js"></script>
<script type="module">
  const player = document.querySelector('topicast-player');
  const video = player.shadowRoot.querySelector('video');
  const context = new OffscreenCanvas(16, 9).getContext('2d', { willReadFrequently: true });
  player.src = decodeURIComponent(location.hash.slice(1));
  setInterval(() => {
    const { videoWidth, videoHeight, currentTime: time, mozHasAudio: hasSound } = video;
    if (videoWidth) context.drawImage(video, 0, 0, 16, 9);
    const picture = videoWidth ? context.getImageData(0, 0, 16, 9).data.join() : '';
    fetch('/seen', {
      method: 'POST',
      body: JSON.stringify({
        ...{ time, hasSound, picture },
        state: player.state.name,
        message: player.state.problem?.message,
        pictures: video.getVideoPlaybackQuality().totalVideoFrames,
        size: videoWidth + 'x' + videoHeight,
      }),
    });
  }, 200);
</script>`;

export interface FirefoxPlayer extends AsyncDisposable {
  /** The newest last. */
  readonly seen: readonly SeenInFirefox[];
}

/** Our player on a page of another origin, in a Firefox of its own, with what is seen there five times a second. */
export async function playInFirefox(executable: string, address: string): Promise<FirefoxPlayer> {
  const seen: SeenInFirefox[] = [];
  const pages = await servePages({ ...playerFile(), '/': PAGE }, (body) => seen.push(JSON.parse(body)));
  const browser = await openFirefox(executable, `${pages.origin}/#${encodeURIComponent(address)}`);
  return {
    seen,
    async [Symbol.asyncDispose]() {
      await browser.close();
      await pages.close();
    },
  };
}
