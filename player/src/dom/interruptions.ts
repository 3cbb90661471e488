import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import {
  isOnlyHeard,
  isUnwatched,
  judgePause,
  mayContinue,
  type PauseVerdict,
  REST_AFTER_MS,
  type RestUntil,
} from '../core/interruption.js';
import type { PlayerFacts } from '../core/player-state.js';
import type { PlayerOptions } from '../core/types.js';
import { SurroundingsWatch } from './surroundings-watch.js';

export interface Interruptible {
  intent(): PlayerFacts['intent'];
  hasSound(): boolean;
  /** The browser has paused the picture of a hidden page, and the sound beside it goes on. */
  isPausedByBrowser(): boolean;
  /** Stop for a while; it plays on by itself. */
  rest(): void;
  playOn(): void;
  /** False: only the sound is of use. */
  wantPicture(wanted: boolean): void;
  /** The viewer has paused. */
  pause(): void;
}

/** Judges the pauses of a video element, and makes a player rest that cannot play or that nobody watches. */
export class Interruptions {
  readonly #player: Interruptible;
  readonly #restsUnwatched: boolean;
  readonly #leavesPicture: boolean;
  readonly #surroundings: SurroundingsWatch;
  readonly #listening = new AbortController();
  #until: RestUntil = 'watched';
  #pausedAt = Milliseconds.never;
  #restTimer: ReturnType<typeof setTimeout> | undefined;
  #pictureTimer: ReturnType<typeof setTimeout> | undefined;
  #onlyHeardSince: Milliseconds | undefined;

  constructor(video: HTMLVideoElement, outOfSight: PlayerOptions['outOfSight'], player: Interruptible) {
    this.#player = player;
    this.#restsUnwatched = outOfSight !== 'play';
    this.#leavesPicture = outOfSight === 'audio';
    this.#surroundings = new SurroundingsWatch(video, {
      onFreeze: () => this.#rest('watched'),
      onChange: () => this.look(),
    });
    const { signal } = this.#listening;
    // The event comes after the change that it reports, and by then the state may have changed again.
    video.addEventListener('pause', () => video.paused && this.#onPause(), { signal });
    video.addEventListener('leavepictureinpicture', () => this.#onWindowEnd(), { signal });
  }

  /** Play on, or rest, if it is time to. The surroundings may have changed without an event, so ask now and then. */
  look(): void {
    const intent = this.#player.intent();
    const surroundings = this.#now;
    if (intent === 'resting' && mayContinue(surroundings, this.#until)) this.#player.playOn();
    if (intent !== 'playing' || !this.#restsUnwatched || !isUnwatched(surroundings)) {
      clearTimeout(this.#restTimer);
      this.#restTimer = undefined;
    } else {
      this.#restTimer ??= setTimeout(() => this.#rest('watched'), REST_AFTER_MS);
    }
    if (this.#leavesPicture) this.#lookAtPicture(intent === 'playing' && isOnlyHeard(surroundings));
  }

  /** Said at each look, because the sound can come later, or move into the media source. */
  #lookAtPicture(isOnlyHeard: boolean): void {
    if (!isOnlyHeard) {
      clearTimeout(this.#pictureTimer);
      this.#pictureTimer = this.#onlyHeardSince = undefined;
      this.#player.wantPicture(true);
      return;
    }
    const now = Milliseconds.now();
    this.#onlyHeardSince ??= now;
    this.#pictureTimer ??= setTimeout(() => this.look(), REST_AFTER_MS);
    if (now - this.#onlyHeardSince >= REST_AFTER_MS) this.#player.wantPicture(false);
  }

  close(): void {
    clearTimeout(this.#restTimer);
    clearTimeout(this.#pictureTimer);
    this.#listening.abort();
    this.#surroundings.close();
  }

  get #now() {
    return this.#surroundings.now(this.#player.hasSound());
  }

  #rest(until: RestUntil): void {
    clearTimeout(this.#restTimer);
    this.#restTimer = undefined;
    if (this.#player.intent() === 'playing') this.#begin(until);
  }

  #begin(until: RestUntil): void {
    this.#until = until;
    this.#player.rest();
    this.look();
  }

  #onPause(): void {
    if (this.#player.intent() !== 'playing' || this.#player.isPausedByBrowser()) return;
    const verdict = this.#judge(Milliseconds.now());
    if (verdict === 'viewer') this.#player.pause();
    else if (verdict !== 'over') this.#rest(verdict);
  }

  /** The pause may have come before the end of the window, and looked like the viewer's. */
  #onWindowEnd(): void {
    if (this.#player.intent() === 'paused' && this.#judge(this.#pausedAt) === 'shown') this.#begin('shown');
  }

  #judge(pausedAt: Milliseconds): PauseVerdict {
    this.#pausedAt = pausedAt;
    const { windowEndedAt } = this.#surroundings;
    return judgePause({
      surroundings: this.#now,
      isActivated: navigator.userActivation?.isActive ?? false,
      fromWindowEnd: windowEndedAt && milliseconds(Math.abs(windowEndedAt - pausedAt)),
    });
  }
}
