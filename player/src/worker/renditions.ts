import type { Catalog } from '@topicast/contracts/catalog';
import { chooseRendition, type Playability } from '../core/renditions.js';
import type { WantedRendition } from '../core/types.js';

interface RenditionsEvents {
  /** A new catalog: tell the page, and check it. */
  onCatalog(catalog: Catalog): void;
  /** The rendition that plays from here on. */
  onUse(rendition: number): void;
  /**
   * Continue with this one; `rejoin`: what is on its way would take too long; `afresh`: the present one cannot be played
   * anyway.
   */
  onChoice(rendition: number, how: 'switch' | 'rejoin' | 'afresh'): void;
  onUnplayable(problem: string): void;
}

/** Which renditions there are, which one is wanted, and which one is playing. */
export class Renditions {
  readonly #events: RenditionsEvents;
  #wanted: WantedRendition;
  /** What `auto` means now. */
  #advice: number | undefined;
  #catalog: Catalog | undefined;
  #unplayable: ReadonlySet<number> = new Set();
  #used: number | undefined;

  constructor(wanted: WantedRendition, events: RenditionsEvents) {
    this.#wanted = wanted;
    this.#events = events;
  }

  offer(catalog: Catalog): void {
    if (JSON.stringify(catalog) === JSON.stringify(this.#catalog)) return;
    this.#catalog = catalog;
    this.#events.onCatalog(catalog);
  }

  /** What the browser can play of the newest catalog. @param current the rendition that comes */
  judge({ unplayable, problem }: Playability, current: number): void {
    this.#unplayable = new Set(unplayable);
    const chosen = this.#choose(current);
    if (chosen === undefined) this.#events.onUnplayable(problem);
    else if (!this.canPlay(current)) this.#events.onChoice(chosen, 'afresh');
    else if (chosen !== current) this.#events.onChoice(chosen, 'switch');
  }

  want(wanted: WantedRendition): void {
    this.#wanted = wanted;
    const isAuto = wanted === 'auto';
    if (!isAuto) this.#advice = undefined;
    // From a choice by hand back to `auto` leads to the best one, not to the one that was chosen.
    const offered = this.#choose(isAuto ? undefined : this.#used);
    const chosen = this.#catalog ? offered : isAuto ? 0 : wanted;
    if (chosen !== undefined) this.#events.onChoice(chosen, 'switch');
  }

  get isAuto(): boolean {
    return this.#wanted === 'auto';
  }

  get catalog(): Catalog | undefined {
    return this.#catalog;
  }

  get unplayable(): ReadonlySet<number> {
    return this.#unplayable;
  }

  /** The adaptation's choice, which counts while nobody wants a certain rendition. */
  advise(rendition: number, how: 'switch' | 'rejoin'): void {
    this.#advice = rendition;
    if (this.isAuto) this.#events.onChoice(rendition, how);
  }

  canPlay(rendition: number): boolean {
    return !this.#unplayable.has(rendition);
  }

  /** A chunk of this rendition is about to be played. */
  use(rendition: number): void {
    if (rendition === this.#used) return;
    this.#used = rendition;
    this.#events.onUse(rendition);
  }

  #choose(current: number | undefined): number | undefined {
    if (!this.#catalog) return undefined;
    const wanted = this.isAuto ? (this.#advice ?? 'auto') : this.#wanted;
    return chooseRendition(this.#catalog, { wanted, current, unplayable: this.#unplayable });
  }
}
