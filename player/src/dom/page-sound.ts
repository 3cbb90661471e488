import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { supplySound } from '../core/sound-lead.js';
import type { SoundReport } from '../worklet/messages.js';
import type { Pace, PictureTime } from './pace.js';
import { SoundOutput } from './sound-output.js';

const FOLLOW_MS = 100;
/** The context keeps running for a moment after a mute or a pause, because many of them are short. */
const REST_AFTER_MS = 1_000;
/**
 * If a context does not run by then, the browser's autoplay policy prevents it. One that has run before was interrupted,
 * by a call or a lost device, and goes on by itself.
 */
const REFUSED_AFTER_MS = 2_000;

export interface SoundEvents {
  /** What is on the screen; undefined if that stands still, or is about to jump. */
  readonly picture: () => PictureTime | undefined;
  /** The picture waits for the sound. */
  readonly pace: () => Pace;
  /** The worker should send the sound to this port; undefined if nobody listens. */
  onPort(port: MessagePort | undefined): void;
  onReport(report: SoundReport): void;
  /** The browser plays sound only after a click. */
  onRefused(): void;
  onFailed(message: string): void;
}

type State =
  /** Nobody has wanted to hear it yet. */
  | { readonly name: 'silent' }
  | { readonly name: 'opening' }
  | { readonly name: 'open'; readonly output: SoundOutput }
  | { readonly name: 'resting'; readonly output: SoundOutput }
  | { readonly name: 'closed' };

/**
 * The page's part of the sound outside of the media source. It opens an audio context when the viewer wants to hear
 * something, and makes the sound follow the picture, the volume and the mute of the video element.
 */
export class Sound {
  readonly #video: HTMLVideoElement;
  readonly #sampleRate: number;
  readonly #workletSrc: string | undefined;
  readonly #events: SoundEvents;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #listening = new AbortController();
  #state: State = { name: 'silent' };
  #wantedAt = Milliseconds.never;
  #beganAt = Milliseconds.never;
  #hasRun = false;
  #held = false;
  #alone = false;

  constructor(
    video: HTMLVideoElement,
    sampleRate: number,
    workletSrc: string | undefined,
    events: SoundEvents,
  ) {
    this.#video = video;
    this.#sampleRate = sampleRate;
    this.#workletSrc = workletSrc;
    this.#events = events;
    this.#timer = setInterval(this.#update, FOLLOW_MS);
    const { signal } = this.#listening;
    for (const type of ['play', 'playing', 'pause', 'seeking', 'seeked', 'ratechange', 'volumechange']) {
      video.addEventListener(type, this.#update, { signal });
    }
    this.#update();
  }

  /** Whether the viewer has paused. */
  set held(held: boolean) {
    this.#held = held;
    this.#update();
  }

  /** Whether the picture is left out: the sound goes on by itself. */
  set alone(alone: boolean) {
    this.#alone = alone;
    this.#update();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listening.abort();
    if ('output' in this.#state) this.#state.output.close();
    this.#state = { name: 'closed' };
    this.#events.onPort(undefined);
  }

  readonly #update = (): void => {
    const now = Milliseconds.now();
    const wanted = this.#isWanted();
    if (wanted) this.#wantedAt = now;
    const state = this.#state;
    switch (state.name) {
      case 'silent':
        if (wanted) this.#open();
        break;
      case 'resting':
        if (wanted) this.#begin(state.output);
        break;
      case 'open':
        if (state.output.running) this.#hasRun = true;
        this.#steer(state.output, wanted);
        if (now - this.#wantedAt > REST_AFTER_MS) this.#rest(state.output);
        else if (wanted && !this.#hasRun && now - this.#beganAt > REFUSED_AFTER_MS) this.#refuse();
        break;
      default:
    }
  };

  #isWanted(): boolean {
    const { muted, volume, paused } = this.#video;
    // A browser may pause a hidden picture, and the sound plays on.
    return !this.#held && !muted && volume > 0 && (!paused || document.hidden);
  }

  async #open(): Promise<void> {
    this.#state = { name: 'opening' };
    try {
      const output = await SoundOutput.open(this.#sampleRate, this.#workletSrc, {
        onReport: (report) => this.#onReport(report),
        onFailed: (message) => this.#events.onFailed(message),
      });
      if (this.#state.name === 'opening') this.#begin(output);
      else output.close();
    } catch (error) {
      if (this.#state.name === 'opening') this.#events.onFailed(String(error));
    }
  }

  #begin(output: SoundOutput): void {
    this.#state = { name: 'open', output };
    this.#beganAt = Milliseconds.now();
    output.resume();
    this.#events.onPort(output.connect());
    this.#update();
  }

  #onReport(report: SoundReport): void {
    this.#events.onReport(report);
    const pace = this.#events.pace();
    const { steady } = pace;
    if (report.leastMs === undefined || !steady) return;
    const supply = { now: Milliseconds.now(), level: steady.level, least: milliseconds(report.leastMs) };
    pace.lead = supplySound(supply, steady.target, pace.lead);
  }

  #rest(output: SoundOutput): void {
    this.#state = { name: 'resting', output };
    output.suspend();
    this.#events.onPort(undefined);
  }

  #refuse(): void {
    if (!this.#video.paused) this.#events.onRefused();
  }

  #steer(output: SoundOutput, wanted: boolean): void {
    const { muted, volume, paused } = this.#video;
    output.setVolume(muted ? 0 : volume);
    if (wanted) output.resume();
    const picture = this.#events.picture();
    if (this.#alone && wanted) output.free();
    else if (picture)
      output.follow({ ...picture, media: picture.media - this.#events.pace().lead.lag / 1000 });
    else if (wanted && paused) output.free();
    else output.hold();
  }
}
