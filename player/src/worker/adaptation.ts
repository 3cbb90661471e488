import type { Catalog } from '@topicast/contracts/catalog';
import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import { Milliseconds, milliseconds, ticksToMs } from '@topicast/contracts/units';
import { type AdaptationState, adapt, isRecovering, NO_ADAPTATION } from '../core/adaptation.js';
import { PathMeter } from '../core/path.js';
import { type Rungs, rungsWithin, type ViewerLimits } from '../core/rung.js';
import type { RenditionReason } from '../core/types.js';

/** What the page knows that matters for the choice of a rendition. */
export interface ViewerFacts {
  readonly limits: ViewerLimits;
  /** Of the pictures of the last seconds, the share that the browser did not show in time. */
  readonly dropped: number;
}

export type OnAdvice = (rendition: number, how: AdaptationState['how']) => void;

/** A gateway leaves something out after a cut, too; that says nothing about the rate. */
const AFTER_CUT_MS = 5_000;

/** Watches how chunks arrive, and advises a rendition (core/adaptation.ts). */
export class Adaptation {
  readonly #onAdvice: OnAdvice;
  readonly #path = new PathMeter();
  #state: AdaptationState;
  #catalog: Catalog | undefined;
  #unplayable: ReadonlySet<number> | undefined;
  #facts: ViewerFacts = { limits: {}, dropped: 0 };
  #offer: Rungs | undefined;
  #session: number | undefined;
  #rendition: number | undefined;
  #lagged = false;
  /** Of chunks without a picture, which arrive as part of the next one. */
  #carried = 0;

  /** @param isSlow the network was too slow for the best rendition a while ago */
  constructor(isSlow: boolean, onAdvice: OnAdvice) {
    this.#onAdvice = onAdvice;
    this.#state = isSlow ? { ...NO_ADAPTATION, heldBy: 'network' } : NO_ADAPTATION;
  }

  /** Why the advised rendition is not a better one. */
  get reason(): RenditionReason {
    const { chosen, heldBy } = this.#state;
    const { rungs, reason = 'best' } = this.#offer ?? {};
    return (rungs && rungs[0]?.rendition !== chosen && heldBy) || reason;
  }

  /** Chunks are late because of the rendition, and not because of the network. */
  get isRecovering(): boolean {
    return isRecovering(this.#state, Milliseconds.now());
  }

  offer(catalog: Catalog): void {
    this.#catalog = catalog;
    this.#unplayable = undefined;
    this.#offer = undefined;
  }

  setUnplayable(unplayable: ReadonlySet<number>): void {
    this.#unplayable = unplayable;
    this.#refresh();
  }

  setFacts(facts: ViewerFacts): void {
    this.#facts = facts;
    this.#refresh();
  }

  /** What was learnt about renditions does not count any more. */
  forget(): void {
    this.#state = NO_ADAPTATION;
  }

  /** Another connection: what waited for it comes late. */
  reconnected(): void {
    this.#path.reset();
  }

  /** The gateway left something out, because this viewer was too slow. */
  lagged(): void {
    const { cutAt } = this.#path;
    this.#lagged = cutAt === undefined || Milliseconds.now() - cutAt > AFTER_CUT_MS;
  }

  /** @param isAuto whether anybody listens to advice */
  received({ header, data, rendition }: ChunkMessage, isAuto: boolean): void {
    const bytes = data.byteLength + this.#carried;
    this.#carried = 0;
    if (header.audioOnly && !header.keyframe) {
      // It has a time of its own, a little before or after those of the pictures around it.
      this.#carried = bytes;
      return;
    }
    if (header.session !== this.#session) this.#path.reset();
    this.#session = header.session;
    if (rendition !== this.#rendition) this.#path.renew();
    this.#rendition = rendition;
    const now = Milliseconds.now();
    const media = milliseconds(ticksToMs(header.decodeTime));
    this.#path.add({ at: now, media, bytes, keyframe: header.keyframe });
    if (isAuto) this.#decide(now, rendition);
    else this.#state = NO_ADAPTATION;
  }

  #refresh(): void {
    if (!this.#catalog || !this.#unplayable) return;
    const offer = rungsWithin(this.#catalog, this.#unplayable, this.#facts.limits);
    this.#offer = offer.rungs.length > 0 ? offer : undefined;
  }

  #decide(now: Milliseconds, current: number): void {
    if (!this.#offer) return;
    const { chosen: before } = this.#state;
    this.#state = adapt(
      {
        now,
        current,
        path: this.#path.evidence,
        rungs: this.#offer.rungs,
        lagged: this.#lagged,
        dropped: this.#facts.dropped,
        random: Math.random(),
      },
      this.#state,
    );
    this.#lagged = false;
    const { chosen, how } = this.#state;
    if (chosen !== undefined && chosen !== before) this.#onAdvice(chosen, how);
  }
}
