import { milliseconds } from '@topicast/contracts/units';
import { type AdaptationState, adapt, NO_ADAPTATION } from '../core/adaptation.js';
import { PathMeter } from '../core/path.js';
import type { Rung } from '../core/rung.js';
import { Flow, type LinkModel, randomOf, serve } from './shared-link.js';

/** A ladder of renditions in which each GOP begins with a keyframe of several pictures' size. */
export interface Ladder {
  readonly rungs: readonly Rung[];
  /** How many pictures a keyframe is as large as. */
  readonly keyframeSize: number;
}

export interface Audience {
  readonly link: LinkModel;
  readonly ladder: Ladder;
  readonly viewers: number;
  readonly seconds: number;
  readonly seed?: number;
}

/** What one viewer had. */
export interface Viewed {
  /** Changes of the rendition, as the viewer asked for them. */
  readonly switches: { readonly at: number; readonly to: number }[];
  /** In each second, how late the latest chunk came, ms, beside one that needs not wait. */
  readonly queues: number[];
  /** Which rendition came at the end of each second. */
  readonly played: number[];
  /** Standing pictures of a player that has 150 ms in hand, ms. */
  readonly freezes: { readonly at: number; readonly ms: number }[];
}

interface Chunk {
  readonly media: number;
  readonly rendition: number;
  readonly bits: number;
  readonly keyframe: boolean;
  readonly jumped: boolean;
}

const TICK_MS = 2;
const FRAME_MS = 1000 / 30;
const GOP_FRAMES = 30;
const LAG_MS = 1_500;
const IN_HAND_MS = 150;
const RESUMES_WITH_MS = 100;
const FREEZE_MS = 120;

/** A gateway, a link and players that adapt, in simulated time: the same input, the same answer. */
export function watch({ link, ladder, viewers, seconds, seed = 1 }: Audience): Viewed[] {
  const random = randomOf(seed);
  const all = Array.from({ length: viewers }, () => new Viewer(link, ladder, random));
  let frame = 0;
  for (let now = 0; now < seconds * 1000; now += TICK_MS) {
    for (; frame * FRAME_MS <= now; frame++) for (const each of all) each.publish(frame, now);
    serve(
      link,
      all.map(({ flow }) => flow),
      (link.rate(now) * TICK_MS) / 1000,
      now,
    );
    for (const each of all) each.tick(now);
  }
  return all.map(({ viewed }) => viewed);
}

const bitsOf = ({ rungs, keyframeSize }: Ladder, rendition: number, keyframe: boolean): number => {
  const picture =
    (rungs[rendition]!.bitrate * FRAME_MS * GOP_FRAMES) / 1000 / (GOP_FRAMES - 1 + keyframeSize);
  return keyframe ? picture * keyframeSize : picture;
};

/** One viewer, and its place at the gateway. */
class Viewer {
  readonly viewed: Viewed = { switches: [], queues: [], played: [], freezes: [] };
  readonly flow: Flow<Chunk>;
  readonly #link: LinkModel;
  readonly #ladder: Ladder;
  readonly #random: () => number;
  readonly #path = new PathMeter();
  #state: AdaptationState = NO_ADAPTATION;
  /** The gateway's side. */
  #sent = 0;
  #asked: { readonly rendition: number; readonly from: number } | undefined;
  #isHeld = false;
  #gop: { media: number; keyframe: boolean }[] = [];
  #rejoinsAt: number | undefined;
  /** The player's side. */
  #current = 0;
  #lagged = false;
  #end: number | undefined;
  #playhead = 0;
  #stoodSince: number | undefined;
  #latest = 0;

  constructor(link: LinkModel, ladder: Ladder, random: () => number) {
    this.#link = link;
    this.#ladder = ladder;
    this.#random = random;
    this.flow = new Flow(link, random, (chunk, at) => this.#receive(chunk, at));
  }

  publish(frame: number, now: number): void {
    const keyframe = frame % GOP_FRAMES === 0;
    if (keyframe) {
      this.#takeAsked(now);
      this.#gop = [];
    }
    const picture = { media: frame * FRAME_MS, keyframe };
    this.#gop.push(picture);
    if (this.#isHeld || this.#rejoinsAt !== undefined) return;
    if (now - (this.flow.oldest ?? now) > LAG_MS) this.#isHeld = true;
    else this.#send(picture, false, now);
  }

  tick(now: number): void {
    if (this.#isHeld && !this.flow.isWaiting) this.#join('lag', now);
    if (this.#rejoinsAt !== undefined && this.#rejoinsAt <= now) this.#join('new', now);
    this.#play(now);
    if (now % 1000 === 0) {
      this.viewed.queues.push(this.#latest);
      this.viewed.played.push(this.#current);
      this.#latest = 0;
    }
  }

  #takeAsked(now: number): void {
    if (!this.#asked || this.#asked.from > now) return;
    this.#sent = this.#asked.rendition;
    this.#asked = undefined;
  }

  #send({ media, keyframe }: { media: number; keyframe: boolean }, jumped: boolean, now: number): void {
    const rendition = this.#sent;
    const bits = bitsOf(this.#ladder, rendition, keyframe);
    this.flow.send({ media, keyframe, rendition, bits, jumped }, bits, now);
  }

  /** Continue at the newest keyframe. */
  #join(why: 'lag' | 'new', now: number): void {
    this.#isHeld = false;
    this.#rejoinsAt = undefined;
    this.#takeAsked(now);
    for (const [at, picture] of this.#gop.entries()) this.#send(picture, why === 'lag' && at === 0, now);
  }

  #receive({ media, rendition, bits, keyframe, jumped }: Chunk, at: number): void {
    if (rendition !== this.#current) this.#path.renew();
    this.#current = rendition;
    if (jumped) this.#lagged = true;
    this.#path.add({ at: milliseconds(at), media: milliseconds(media), bytes: bits / 8, keyframe });
    this.#end ??= media;
    this.#end = Math.max(this.#end, media);
    this.#latest = Math.max(this.#latest, at - media - this.#link.delay);
    this.#decide(at);
  }

  #decide(now: number): void {
    const before = this.#state;
    this.#state = adapt(
      {
        now: milliseconds(now),
        path: this.#path.evidence,
        ...{ current: this.#current, rungs: this.#ladder.rungs, lagged: this.#lagged, dropped: 0 },
        random: this.#random(),
      },
      before,
    );
    this.#lagged = false;
    const { chosen } = this.#state;
    if (chosen === undefined || chosen === before.chosen) return;
    if (before.chosen !== undefined) this.viewed.switches.push({ at: now, to: chosen });
    this.#asked = { rendition: chosen, from: now + this.#link.delay };
    if (this.#state.how === 'switch') return;
    this.flow.drop();
    this.#isHeld = false;
    this.#rejoinsAt = now + this.#link.delay * 3;
  }

  #play(now: number): void {
    if (this.#end === undefined) return;
    const have = this.#end - this.#playhead;
    if (have > 1_000) this.#playhead = this.#end - IN_HAND_MS;
    const stands = have <= (this.#stoodSince === undefined ? 0 : RESUMES_WITH_MS);
    if (stands) {
      this.#stoodSince ??= now;
      return;
    }
    if (this.#stoodSince !== undefined) {
      const ms = now - this.#stoodSince;
      if (ms > FREEZE_MS) this.viewed.freezes.push({ at: this.#stoodSince, ms });
      this.#stoodSince = undefined;
    }
    const rate = have > IN_HAND_MS + 50 ? 1.1 : have < IN_HAND_MS - 50 ? 0.95 : 1;
    this.#playhead += TICK_MS * rate;
  }
}
