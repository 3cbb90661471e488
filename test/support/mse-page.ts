import type { Fragment, InitSegment } from '@topicast/media/fmp4';
import { servePages } from './page-server.js';

/** What a browser made of fragments that it appended and played. */
export interface MsePlayback {
  readonly supported: boolean;
  readonly error?: string;
  /** Seconds played, pictures presented, and the picture's width. */
  readonly time?: number;
  readonly pictures?: number;
  readonly width?: number;
}

const PAGE = `<!doctype html><meta charset="utf-8"><video muted autoplay></video><script type="module">
const tracks = await (await fetch('/tracks')).json();
const tell = (result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) });
const supported = tracks.every(({ type }) => MediaSource.isTypeSupported(type));
if (!supported) tell({ supported });
else {
  const [video, source] = [document.querySelector('video'), new MediaSource()];
  video.src = URL.createObjectURL(source);
  await new Promise((resolve) => source.addEventListener('sourceopen', resolve));
  const buffers = tracks.map(({ type }) => source.addSourceBuffer(type));
  for (const [i, { url }] of tracks.entries()) {
    buffers[i].appendBuffer(await (await fetch(url)).arrayBuffer());
    await new Promise((resolve) => buffers[i].addEventListener('updateend', resolve));
  }
  video.play().catch(() => {});
  setInterval(() => {
    const { currentTime: time, videoWidth: width, error } = video;
    const pictures = video.getVideoPlaybackQuality().totalVideoFrames;
    if (error || time > 1.5) tell({ supported, time, width, pictures, error: error?.message });
  }, 100);
}
</script>`;

/** Serves a page that plays these fragments, with one source buffer per track, and reports the result. */
export async function servePlayback(
  fragments: readonly Fragment[],
): Promise<{ url: string; result: Promise<MsePlayback>; close(): Promise<void> }> {
  const kinds = [...new Set(fragments.map(({ track }) => track))];
  const ofKind = (kind: string) => fragments.filter(({ track }) => track === kind);
  const typeOf = (kind: string) => (ofKind(kind)[0]!.init as InitSegment).mimeType;
  const tracks = JSON.stringify(kinds.map((kind) => ({ type: typeOf(kind), url: `/${kind}` })));
  const files: Record<string, string | Buffer> = { '/': PAGE, '/tracks': tracks };
  for (const kind of kinds) {
    files[`/${kind}`] = Buffer.concat(
      ofKind(kind).flatMap(({ init, data }) => (init ? [init.data, data] : [data])),
    );
  }
  let told: (result: MsePlayback) => void = () => {};
  const result = new Promise<MsePlayback>((resolve) => {
    told = resolve;
  });
  const { origin, close } = await servePages(files, (body) => told(JSON.parse(body)));
  return { url: `${origin}/`, result, close };
}
