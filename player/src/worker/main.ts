import { PATIENCE_MS, SOURCES_PATIENCE_MS } from '../core/patience.js';
import { workerHasMedia } from '../mse/support.js';
import type { PictureRoute } from '../picture/picture-route.js';
import type { ToPage, ToWorker } from './messages.js';
import { canDecodeSound } from './sound.js';
import { Viewing, type Wanted } from './viewing.js';

declare const self: DedicatedWorkerGlobalScope;

/** What the page may want before it says how to start; everything else it says again. */
const WISHES: readonly Wanted['type'][] = ['hold', 'resume', 'rendition', 'want-picture'];

/** Messages wait until it is there. */
let viewing: Promise<Viewing> | undefined;
const early: Wanted[] = [];
let sources: Promise<typeof import('../mse/main.js') | undefined> | undefined;

const post = (message: ToPage, transfer: Transferable[] = []): void => self.postMessage(message, transfer);

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === 'sources') {
    sources = loadSources(data.program);
    openSources();
  } else if (data.type === 'start') {
    viewing = start(data);
    openSources();
    for (const message of early.splice(0)) pass(message);
  } else if (viewing) pass(data);
  else if (WISHES.includes(data.type)) early.push(data);
};
post({
  type: 'ready',
  hasMedia: workerHasMedia(),
  decodesSound: canDecodeSound(),
  decodesPictures: typeof VideoDecoder !== 'undefined',
});

async function start(settings: Extract<ToWorker, { type: 'start' }>): Promise<Viewing> {
  const { pictures, ways } = settings;
  return new Viewing(settings, post, {
    pictures: pictures === undefined ? undefined : await openPictures(pictures),
    ways: ways === undefined ? undefined : await loadWays(ways),
  });
}

function pass(message: Wanted): void {
  viewing?.then((begun) => begun.receive(message)).catch(tellPage);
}

/** The script and the start come in either order. */
function openSources(): void {
  if (!viewing || !sources) return;
  Promise.all([viewing, sources])
    .then(([begun, script]) => script && begun.openSources(script))
    .catch(tellPage);
}

/** The page hears of errors that nobody handles, but not of rejections. */
function tellPage(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}

/** Not everybody needs these parts, so they are scripts of their own. */
function load<Script>(address: string, patienceMs = PATIENCE_MS): Promise<Script> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`${address} does not load`)), patienceMs);
  });
  return Promise.race([import(address), late]);
}

const loadSources = (address: string): Promise<typeof import('../mse/main.js') | undefined> =>
  load<typeof import('../mse/main.js')>(address, SOURCES_PATIENCE_MS).catch((error) => {
    post({ type: 'sources-failed', because: String(error) });
    return undefined;
  });

const loadWays = (address: string): Promise<typeof import('./ways.js') | undefined> =>
  load<typeof import('./ways.js')>(address).catch((error) => {
    console.warn('topicast-player: there is one connection only:', error);
    return undefined;
  });

async function openPictures(address: string): Promise<PictureRoute | undefined> {
  try {
    const script = await load<typeof import('../picture/main.js')>(address);
    return new script.PictureRoute(post);
  } catch (error) {
    post({ type: 'pictures-failed', because: String(error) });
    return undefined;
  }
}
