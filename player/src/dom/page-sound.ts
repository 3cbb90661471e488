import { Milliseconds } from '@topicast/contracts/units';
import type { SoundReport } from '../worklet/messages.js';
import { PictureClock } from './picture-clock.js';
import { SoundOutput } from './sound-output.js';

const FOLLOW_MS = 100;
/** After a mute or a pause, the context goes on for a moment: many are short. */
const REST_AFTER_MS = 1_000;
/** A context that does not run by then is kept from it by the browser's autoplay policy. */
const REFUSED_AFTER_MS = 2_000;

export interface SoundEvents {
  /** How much later than its picture it should be heard. */
  readonly lag: () => Milliseconds;
  /** The worker decodes for this port; undefined: nobody listens. */
  onPort(port: MessagePort | undefined): void;
  onReport(report: SoundReport): void;
  /** The browser wants a click before it makes a sound. */
  onRefused(): void;
  onFailed(message: string): void;
}

type State =
  /** Nobody wants to hear it, or nobody did yet. */
  | { readonly name: 'silent' }
  | { readonly name: 'opening' }
  | { readonly name: 'open'; readonly output: SoundOutput }
  | { readonly name: 'resting'; readonly output: SoundOutput }
  | { readonly name: 'closed' };

/**
 * The sound outside of the media source, on the page: opens an audio context when there is something that the viewer
 * wants to hear, and keeps it with the picture, the volume and the mute of the video element.
 */
export class Sound {
  readonly #video: HTMLVideoElement;
  readonly #sampleRate: number;
  readonly #workletSrc: string | undefined;
  readonly #events: SoundEvents;
  readonly #clock: PictureClock;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #listening = new AbortController();
  #state: State = { name: 'silent' };
  #wantedAt = Milliseconds.never;
  #ranAt = Milliseconds.never;
  #held = false;

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
    this.#clock = new PictureClock(video);
    this.#timer = setInterval(this.#update, FOLLOW_MS);
    const { signal } = this.#listening;
    for (const type of ['play', 'playing', 'pause', 'seeking', 'seeked', 'ratechange', 'volumechange']) {
      video.addEventListener(type, this.#update, { signal });
    }
    this.#update();
  }

  /** The viewer has paused, or plays on. */
  set held(held: boolean) {
    this.#held = held;
    this.#update();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listening.abort();
    this.#clock.close();
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
        if (state.output.running) this.#ranAt = now;
        this.#steer(state.output, wanted);
        if (now - this.#wantedAt > REST_AFTER_MS) this.#rest(state.output);
        else if (wanted && now - this.#ranAt > REFUSED_AFTER_MS) this.#refuse();
        break;
      default:
    }
  };

  #isWanted(): boolean {
    const { muted, volume, paused } = this.#video;
    // A browser may pause a picture that is out of sight.
    return !this.#held && !muted && volume > 0 && (!paused || document.hidden);
  }

  async #open(): Promise<void> {
    this.#state = { name: 'opening' };
    try {
      const output = await SoundOutput.open(this.#sampleRate, this.#workletSrc, this.#events);
      if (this.#state.name === 'opening') this.#begin(output);
      else output.close();
    } catch (error) {
      if (this.#state.name === 'opening') this.#events.onFailed(String(error));
    }
  }

  #begin(output: SoundOutput): void {
    this.#state = { name: 'open', output };
    this.#ranAt = Milliseconds.now();
    output.resume();
    this.#events.onPort(output.connect());
    this.#update();
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
    const picture = this.#clock.read();
    if (picture) output.follow({ ...picture, media: picture.media - this.#events.lag() / 1000 });
    else if (wanted && paused) output.free();
    else output.hold();
  }
}
