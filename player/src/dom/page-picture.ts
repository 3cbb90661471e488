import { Milliseconds, milliseconds, Seconds, seconds } from '@topicast/contracts/units';
import { type ArrivalEvidence, NO_EVIDENCE } from '../core/arrivals.js';
import { wallClockNow } from '../core/clock.js';
import { type MediaClock, mediaAt } from '../core/release.js';
import { NO_LEAD, type SoundLead } from '../core/sound-lead.js';
import type { PictureReport, ToPictures } from '../picture/messages.js';
import { DrawnTrack } from './drawn-track.js';
import type { Pace, PaceEvents, PictureTime, Stepper } from './pace.js';

/** Chromium's way from pictures to a track (MediaStreamTrack Insertable Media Processing), not in the declarations. */
declare class MediaStreamTrackGenerator extends MediaStreamTrack {
  constructor(init: { readonly kind: 'video' });
  readonly writable: WritableStream<VideoFrame>;
}

/** The worker's part as text, which the bundler puts in. */
declare const TOPICAST_PICTURE_SOURCE: string;

let address: string | undefined;

/** Where the workers of all players find it. */
export function pictureProgram(): string {
  address ??= URL.createObjectURL(new Blob([TOPICAST_PICTURE_SOURCE], { type: 'text/javascript' }));
  return address;
}

const hasGenerators = (): boolean => 'MediaStreamTrackGenerator' in globalThis;

export const canMakeTracks = (): boolean => hasGenerators() || DrawnTrack.isPossible();

export interface PictureTrackParts {
  readonly video: HTMLVideoElement;
  /** Whether data can be expected at all. */
  readonly isFed: () => boolean;
  /** The level that the embedding page asks for. */
  readonly wanted: () => number | undefined;
  /** Undefined: this player goes alone. */
  readonly stepper: () => Stepper | undefined;
  readonly pace: PaceEvents;
}

/** The page's part of an engine that decodes the pictures in the worker. */
export class PictureTrack implements Pace {
  readonly #video: HTMLVideoElement;
  readonly #isFed: () => boolean;
  readonly #wanted: () => number | undefined;
  readonly #stepper: () => Stepper | undefined;
  readonly #events: PaceEvents;
  readonly #listening = new AbortController();
  #post: (message: ToPictures, transfer?: Transferable[]) => void = () => {};
  #report: PictureReport | undefined;
  /** Undefined if the track itself takes pictures. */
  #drawn: DrawnTrack | undefined;
  #evidence = NO_EVIDENCE;
  #lead = NO_LEAD;
  #fed = true;
  #shows: 'nothing' | 'moving' | 'standing' | 'stale' = 'nothing';
  #joined = false;
  /** Of earlier tracks. */
  #before = { seeks: 0, stalls: 0, skipped: 0 };

  constructor({ video, isFed, wanted, stepper, pace }: PictureTrackParts) {
    this.#video = video;
    this.#isFed = isFed;
    this.#wanted = wanted;
    this.#stepper = stepper;
    this.#events = pace;
    video.addEventListener('playing', () => this.#look(), { signal: this.#listening.signal });
  }

  /** Puts a new track into the video element. @returns what takes it out of use */
  attach(post: (message: ToPictures, transfer?: Transferable[]) => void): () => void {
    this.#post = post;
    const { track, writable } = this.#makeTrack();
    const video = this.#video;
    video.disableRemotePlayback = true;
    video.removeAttribute('src');
    video.srcObject = new MediaStream([track]);
    const group = this.#stepper() !== undefined;
    post({ do: 'show', track: writable, wanted: this.#wanted(), group }, [writable]);
    return () => track.stop();
  }

  #makeTrack(): { readonly track: MediaStreamTrack; readonly writable: WritableStream<VideoFrame> } {
    if (!hasGenerators()) {
      this.#drawn = new DrawnTrack();
      return this.#drawn;
    }
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    return { track, writable: track.writable };
  }

  get drawn(): number {
    return this.#drawn?.count ?? 0;
  }

  get shownAt(): Pace['shownAt'] {
    const drawn = this.#drawn;
    return drawn && ((time) => drawn.mediaAt(time));
  }

  receive(report: PictureReport): void {
    const { seeks = 0, clock } = this.#report ?? {};
    if (report.seeks > seeks) this.#events.onDecision({ seekToLevelMs: report.target });
    else if (clock && report.clock && report.clock.rate !== clock.rate) {
      this.#events.onDecision({ playbackRate: report.clock.rate });
    }
    this.#report = report;
    if (this.#fed !== this.#isFed() || this.#stepper()) this.#tell();
    this.#look();
  }

  set evidence(evidence: ArrivalEvidence) {
    this.#evidence = evidence;
    this.#tell();
  }

  get levelMs(): Milliseconds | undefined {
    return this.#report?.level;
  }

  get targetMs(): Milliseconds {
    return this.#report?.target ?? Milliseconds.zero;
  }

  get rate(): number {
    return this.#report?.clock?.rate ?? 1;
  }

  get end(): Seconds {
    return seconds((this.#report?.end ?? 0) / 1000);
  }

  get stalls(): number {
    return this.#before.stalls + (this.#report?.stalls ?? 0);
  }

  get seeks(): number {
    return this.#before.seeks + (this.#report?.seeks ?? 0);
  }

  get skipped(): number {
    return this.#before.skipped + (this.#report?.skipped ?? 0);
  }

  get lead(): SoundLead {
    return this.#lead;
  }

  set lead(lead: SoundLead) {
    this.#lead = lead;
    this.#tell();
  }

  get steady(): Pace['steady'] {
    const { level, ownTarget, steady } = this.#report ?? {};
    if (!steady || level === undefined || ownTarget === undefined || this.#video.paused) return undefined;
    return { level, target: ownTarget };
  }

  get place(): PictureTime | undefined {
    // The sound may go on where pictures are missing.
    const { clock } = this.#report ?? {};
    if (!clock || this.#video.paused) return undefined;
    const at = performance.now();
    const media = mediaAt(clock, milliseconds(performance.timeOrigin + at)) / 1000;
    return { media, at, rate: clock.rate };
  }

  reset(): void {
    const { seeks, stalls, skipped } = this;
    this.#before = { seeks, stalls, skipped };
    this.#report = undefined;
    this.#joined = false;
  }

  expectJoin(): void {
    this.#drawn?.forget();
    if (this.#shows === 'nothing' || this.#shows === 'stale') return;
    if (this.#shows === 'moving') this.#events.onPicture('standing');
    this.#shows = 'stale';
  }

  join(wanted: number | undefined): void {
    this.#tell();
    this.#post({ do: 'join', wanted, standing: this.#shows !== 'moving' });
    if (this.#shows === 'stale') this.#shows = 'standing';
    if (this.#joined) return;
    this.#joined = true;
    this.#events.onReady();
  }

  close(): void {
    this.#listening.abort();
  }

  #tell(): void {
    this.#fed = this.#isFed();
    const lead = this.#lead.lead;
    this.#post({
      do: 'know',
      facts: { fed: this.#fed, lead, evidence: this.#evidence, step: this.#findStep() },
    });
  }

  #findStep(): MediaClock | undefined {
    const { clock, inHand, needs = Milliseconds.zero } = this.#report ?? {};
    const at = wallClockNow();
    const found = this.#stepper()?.find({
      place: clock && inHand !== undefined ? Seconds.ofMilliseconds(mediaAt(clock, at)) : undefined,
      level: inHand ?? Milliseconds.zero,
      own: needs,
      by: 'clock',
      isFed: this.#fed,
    });
    return found === undefined ? undefined : { media: Milliseconds.ofSeconds(found), at, rate: 1 };
  }

  #look(): void {
    if (this.#video.paused || this.#shows === 'stale') return;
    const moves = this.#report?.moves === true;
    if (moves === (this.#shows === 'moving') || (!moves && this.#shows === 'nothing')) return;
    this.#shows = moves ? 'moving' : 'standing';
    this.#events.onPicture(this.#shows);
  }
}
