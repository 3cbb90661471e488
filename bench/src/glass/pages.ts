import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { playerFile } from '@topicast/test/player-page';

const require = createRequire(import.meta.url);

/** Who plays the stream. */
export const PLAYERS = {
  ours: { title: 'Topicast', path: '/ours' },
  mpegts: { title: 'mpegts.js', path: '/mpegts' },
  /** WebRTC, from a server other than ours. */
  whep: { title: 'MediaMTX, WHEP', path: '/whep' },
  /** Low-latency HLS, from the same server, in hls.js. */
  llhls: { title: 'MediaMTX, LL-HLS', path: '/llhls' },
} as const;

export type PlayerName = keyof typeof PLAYERS;

/**
 * A web site with one page for each player, as files by path. A page begins to play when its button is clicked, and
 * sets `joined` when the first picture is presented, in ms since the click. Its fragment is JSON: `src` is the stream's
 * address, the rest are attributes of our player. mpegts.js and hls.js have their own best settings.
 */
export const playerPages = (): Readonly<Record<string, string | Uint8Array>> => ({
  ...playerFile(),
  '/mpegts.js': readFileSync(require.resolve('mpegts.js/dist/mpegts.js')),
  '/hls.js': readFileSync(require.resolve('hls.js/dist/hls.min.js')),
  [PLAYERS.ours.path]:
    `<!doctype html><title>ours</title><script type="module" src="/topicast-player.js"></script>
<button>play</button><div></div><script>
  document.querySelector('button').onclick = () => {
    window.clicked = performance.now();
    const player = document.createElement('topicast-player');
    player.addEventListener('stats', (event) => { window.stats = event.detail; });
    const wanted = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    for (const [name, value] of Object.entries(wanted)) player.setAttribute(name, value);
    player.setAttribute('autoplay', '');
    document.querySelector('div').append(player);
    const video = player.shadowRoot.querySelector('video');
    video.requestVideoFrameCallback((_now, frame) => { window.joined = frame.presentationTime - window.clicked; });
  };
</script>`,
  [PLAYERS.mpegts.path]: `<!doctype html><title>mpegts.js</title><script src="/mpegts.js"></script>
<button>play</button><video></video><script>
  document.querySelector('button').onclick = () => {
    window.clicked = performance.now();
    const video = document.querySelector('video');
    video.requestVideoFrameCallback((_now, frame) => { window.joined = frame.presentationTime - window.clicked; });
    const player = mpegts.createPlayer(
      { type: 'mpegts', isLive: true, url: JSON.parse(decodeURIComponent(location.hash.slice(1))).src },
      { enableWorker: true, enableWorkerForMSE: true, enableStashBuffer: false, lazyLoad: false,
        liveBufferLatencyChasing: true, liveBufferLatencyMaxLatency: 0.4, liveBufferLatencyMinRemain: 0.15 });
    player.attachMediaElement(video);
    player.load();
    player.play();
  };
</script>`,
  [PLAYERS.llhls.path]: `<!doctype html><title>hls.js</title><script src="/hls.js"></script>
<button>play</button><video></video><script>
  document.querySelector('button').onclick = () => {
    window.clicked = performance.now();
    const video = document.querySelector('video');
    video.requestVideoFrameCallback((_now, frame) => { window.joined = frame.presentationTime - window.clicked; });
    const hls = new Hls({ lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.5 });
    hls.loadSource(JSON.parse(decodeURIComponent(location.hash.slice(1))).src);
    hls.attachMedia(video);
    video.play();
  };
</script>`,
  [PLAYERS.whep.path]:
    `<!doctype html><title>WHEP</title><button>play</button><video autoplay></video><script>
  document.querySelector('button').onclick = async () => {
    window.clicked = performance.now();
    const video = document.querySelector('video');
    video.requestVideoFrameCallback((_now, frame) => { window.joined = frame.presentationTime - window.clicked; });
    const connection = new RTCPeerConnection();
    connection.ontrack = ({ streams }) => { video.srcObject = streams[0]; };
    for (const kind of ['video', 'audio']) connection.addTransceiver(kind, { direction: 'recvonly' });
    await connection.setLocalDescription();
    if (connection.iceGatheringState !== 'complete') {
      await new Promise((done) => {
        connection.onicegatheringstatechange = () => connection.iceGatheringState === 'complete' && done();
      });
    }
    const answer = await fetch(JSON.parse(decodeURIComponent(location.hash.slice(1))).src, {
      method: 'POST', headers: { 'content-type': 'application/sdp' }, body: connection.localDescription.sdp,
    });
    await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  };
</script>`,
});
