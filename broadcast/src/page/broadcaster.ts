import type { BroadcastSettings, BroadcastState, BroadcastStats } from '../core/state.js';
import type { ToPage, ToWorker } from '../worker/messages.js';
import { sendPictures } from './picture-source.js';
import { sendSound } from './sound-source.js';

interface BroadcasterOptions {
  /** Of the server, `ws://` or `wss://`. */
  readonly address: string;
  /** The stream key. */
  readonly key: string;
  readonly settings: BroadcastSettings;
  /** Where browsers without track processors hear the sound. */
  readonly context: AudioContext;
  readonly onState: (state: BroadcastState) => void;
  readonly onStats: (stats: BroadcastStats) => void;
}

/** Sends a picture and a sound to a stream until `stop`. Encoding and sending happen in a worker. */
export class Broadcaster {
  readonly #options: BroadcasterOptions;
  readonly #worker = new Worker(new URL('../worker/main.js', import.meta.url), { type: 'module' });
  #endSources: readonly (() => void)[] = [];
  #hasStopped = false;

  constructor(options: BroadcasterOptions) {
    this.#options = options;
    const { address, key, settings, onState, onStats } = options;
    this.#worker.onmessage = ({ data }: MessageEvent<ToPage>) => {
      if (this.#hasStopped) return;
      if (data.type === 'state') onState(data.state);
      else onStats(data.stats);
    };
    this.#worker.onerror = () =>
      onState({ at: 'ended', words: 'The program that sends has failed: reload the page.' });
    this.#post({ type: 'start', address, key, settings });
  }

  /** Send these tracks from now on. They stay the caller's, who stops them. */
  use(stream: MediaStream): void {
    for (const end of this.#endSources) end();
    const post = (message: ToWorker, transfer: Transferable[]): void => this.#post(message, transfer);
    const { context } = this.#options;
    this.#endSources = [
      ...stream
        .getVideoTracks()
        .slice(0, 1)
        .map((track) => sendPictures(track, post)),
      ...stream
        .getAudioTracks()
        .slice(0, 1)
        .map((track) => sendSound(track, context, post)),
    ];
  }

  stop(): void {
    if (this.#hasStopped) return;
    this.#hasStopped = true;
    for (const end of this.#endSources) end();
    // It ends itself when it has said goodbye.
    this.#post({ type: 'stop' });
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
