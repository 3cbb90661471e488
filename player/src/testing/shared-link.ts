/** A network link that several viewers share. */

/** Deterministic: the same seed, the same numbers from 0 to 1 (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface LinkModel {
  /** Bits a second at this time (ms). */
  readonly rate: (now: number) => number;
  /**
   * `fair`: those who wait for something get equal parts, as TCP shares over some time. `fifo`: first come, first served,
   * so that one viewer's queue is everybody's.
   */
  readonly order?: 'fair' | 'fifo';
  /** One way, ms. */
  readonly delay: number;
  /** Each chunk takes up to this much longer, ms. Chunks keep their order. */
  readonly jitter?: number;
  /** Chance that a chunk, and all behind it, waits for a packet to be sent again. */
  readonly loss?: number;
}

interface Waiting<Item> {
  readonly item: Item;
  left: number;
  readonly since: number;
}

/** One viewer's connection: a queue at the sender, which the link serves. */
export class Flow<Item> {
  readonly #link: LinkModel;
  readonly #random: () => number;
  readonly #onArrival: (item: Item, at: number) => void;
  #queue: Waiting<Item>[] = [];
  #inFlight: { readonly item: Item; readonly at: number }[] = [];
  #lastAt = 0;

  constructor(link: LinkModel, random: () => number, onArrival: (item: Item, at: number) => void) {
    this.#link = link;
    this.#random = random;
    this.#onArrival = onArrival;
  }

  get isWaiting(): boolean {
    return this.#queue.length > 0;
  }

  /** Since when the oldest chunk waits. */
  get oldest(): number | undefined {
    return this.#queue[0]?.since;
  }

  send(item: Item, bits: number, now: number): void {
    this.#queue.push({ item, left: bits, since: now });
  }

  /** The connection is closed: what waits for it is lost. */
  drop(): void {
    this.#queue = [];
    this.#inFlight = [];
  }

  /** @returns what was not used */
  serve(bits: number, now: number): number {
    let rest = bits;
    while (this.isWaiting && rest > 0) rest = this.serveOne(rest, now);
    return rest;
  }

  /** Only the oldest chunk. @returns what was not used */
  serveOne(bits: number, now: number): number {
    const head = this.#queue[0];
    if (!head) return bits;
    const used = Math.min(bits, head.left);
    head.left -= used;
    if (head.left > 0) return 0;
    this.#queue.shift();
    this.#launch(head.item, now);
    return bits - used;
  }

  deliver(now: number): void {
    while (this.#inFlight[0] && this.#inFlight[0].at <= now) {
      const { item, at } = this.#inFlight.shift()!;
      this.#onArrival(item, at);
    }
  }

  #launch(item: Item, now: number): void {
    const { delay, jitter = 0, loss = 0 } = this.#link;
    const resent = this.#random() < loss ? delay * 2 + 30 : 0;
    this.#lastAt = Math.max(this.#lastAt, now + delay + this.#random() * jitter + resent);
    this.#inFlight.push({ item, at: this.#lastAt });
  }
}

/** Serves all flows for a step of time. */
export function serve<Item>(link: LinkModel, flows: readonly Flow<Item>[], bits: number, now: number): void {
  if (link.order === 'fifo') serveInOrder(flows, bits, now);
  else serveFairly(flows, bits, now);
  for (const flow of flows) flow.deliver(now);
}

function serveInOrder<Item>(flows: readonly Flow<Item>[], bits: number, now: number): void {
  let rest = bits;
  while (rest > 0) {
    const waiting = flows.filter((flow) => flow.isWaiting);
    if (waiting.length === 0) return;
    const first = waiting.reduce((a, b) => (b.oldest! < a.oldest! ? b : a));
    rest = first.serveOne(rest, now);
  }
}

function serveFairly<Item>(flows: readonly Flow<Item>[], bits: number, now: number): void {
  let rest = bits;
  for (let round = 0; round < flows.length && rest > 1; round++) {
    const waiting = flows.filter((flow) => flow.isWaiting);
    if (waiting.length === 0) break;
    const share = rest / waiting.length;
    rest = waiting.reduce((unused, flow) => unused + flow.serve(share, now), 0);
  }
}
