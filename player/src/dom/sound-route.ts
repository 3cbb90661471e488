import type { PlayerOptions } from '../core/types.js';
import type { ToPage } from '../worker/messages.js';
import type { Pace } from './pace.js';
import type { Sound } from './page-sound.js';
import type { Report } from './report.js';
import type { Screen } from './screen.js';
import type { WorkerHost } from './worker-host.js';

const pageHasWorklets = (): boolean =>
  globalThis.isSecureContext &&
  'AudioWorkletNode' in globalThis &&
  'getOutputTimestamp' in AudioContext.prototype;

/** Who asks for more is in no hurry, and the sound outside of the media source has room for some seconds only. */
const MOST_OUTSIDE_MS = 1_000;

export interface SoundRouteParts {
  readonly video: HTMLVideoElement;
  readonly options: PlayerOptions;
  readonly host: WorkerHost;
  readonly pace: () => Pace;
  readonly screen: Screen;
  readonly report: Report;
  /** The browser wants a click before it plays the sound. */
  readonly onRefused: () => void;
}

/** The way of the sound: with the picture into the media source, or beside it, from the worker to a worklet. */
export class SoundRoute {
  readonly #parts: SoundRouteParts;
  #sound: Sound | undefined;
  /** What the sound was opened for, or is being opened for. */
  #message: Extract<ToPage, { type: 'sound' }> | undefined;
  #held = false;
  #alone = false;

  constructor(parts: SoundRouteParts) {
    this.#parts = parts;
  }

  /** The stream has sound, and it goes beside the picture. */
  get isBeside(): boolean {
    return this.#message?.in === 'worklet';
  }

  /** What to ask of a worker that decodes sound. */
  choose(targetLatencyMs: number | undefined): 'worklet' | 'media' {
    const { video, options } = this.#parts;
    const wanted = options.sound !== 'mse' && (targetLatencyMs ?? 0) <= MOST_OUTSIDE_MS;
    // The browser's own controls have a volume only for media with an audio track.
    return wanted && !video.controls && pageHasWorklets() ? 'worklet' : 'media';
  }

  async receive(message: Extract<ToPage, { type: 'sound' }>): Promise<void> {
    const { video, options, host, pace, screen, report, onRefused } = this.#parts;
    this.close();
    this.#message = message;
    if (message.in === 'media') {
      report.soundProblem = message.because;
      return;
    }
    report.soundIn = 'worklet';
    const script = await import('./page-sound.js').catch((error) => {
      host.post({ type: 'sound-failed', message: String(error) });
    });
    if (!script || this.#message !== message) return;
    this.#sound = new script.Sound(video, message.sampleRate, options.workletSrc, {
      picture: () => screen.place,
      pace,
      onPort: (port) => host.post({ type: 'listen', port }, port ? [port] : []),
      onReport: (sound) => {
        report.sound = sound;
      },
      onRefused,
      onFailed: (message) => host.post({ type: 'sound-failed', message }),
    });
    this.#sound.held = this.#held;
    this.#sound.alone = this.#alone;
  }

  /** The viewer has paused, or plays on. */
  hold(held: boolean): void {
    this.#held = held;
    if (this.#sound) this.#sound.held = held;
  }

  /** Whether the picture is left out. */
  goAlone(alone: boolean): void {
    this.#alone = alone;
    if (this.#sound) this.#sound.alone = alone;
  }

  close(): void {
    this.#message = undefined;
    this.#sound?.close();
    this.#sound = undefined;
    this.#parts.report.sound = undefined;
  }
}
