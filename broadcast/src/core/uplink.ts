import {
  type BitsPerSecond,
  type Bytes,
  bitsPerSecond,
  Milliseconds,
  milliseconds,
} from '@topicast/contracts/units';

/** Messages under way, at most: some seconds of pictures and sound. */
const MOST_UNDER_WAY = 2_000;
const RATE_WINDOW = milliseconds(1_500);
/** The way without a queue is the shortest of this time. */
const BASE_WINDOW = milliseconds(30_000);
/** As long as nothing has been acknowledged, nobody knows how long the way is. This is far. */
const FAR_AWAY = milliseconds(1_000);

interface Sent {
  /** Of all bytes so far, the last one of this message. */
  readonly end: number;
  readonly at: Milliseconds;
}

/**
 * What the acknowledgements say about the way to the server. All that waits shows, whether in the browser, in the
 * socket or in the network: a message is under way from the moment when it was handed over.
 */
export class Uplink {
  readonly #underWay: Sent[] = [];
  readonly #arrivals: { readonly at: Milliseconds; readonly bytes: number }[] = [];
  #sent = 0;
  #arrived = 0;
  #lastDelay = Milliseconds.zero;
  #base = milliseconds(Number.POSITIVE_INFINITY);
  #baseBefore = milliseconds(Number.POSITIVE_INFINITY);
  #baseSince = Milliseconds.never;

  send(size: number, now: Milliseconds): void {
    this.#sent += size;
    this.#underWay.push({ end: this.#sent, at: now });
    // Then the oldest one is not waited for by itself: the next one stands for it.
    if (this.#underWay.length > MOST_UNDER_WAY) this.#underWay.splice(1, 1);
  }

  /** @param bytes that have arrived in all */
  acknowledge(bytes: Bytes, now: Milliseconds): void {
    let newest: Sent | undefined;
    while (this.#underWay[0] && this.#underWay[0].end <= bytes) newest = this.#underWay.shift();
    if (!newest) return;
    this.#arrivals.push({ at: now, bytes: newest.end - this.#arrived });
    this.#arrived = newest.end;
    this.#lastDelay = Milliseconds.sub(now, newest.at);
    if (now - this.#baseSince >= BASE_WINDOW) {
      this.#baseSince = now;
      this.#baseBefore = this.#base;
      this.#base = this.#lastDelay;
    }
    this.#base = Milliseconds.min(this.#base, this.#lastDelay);
    this.#forget(now);
  }

  /** There and back, of the newest message that has arrived, or of the oldest one that has not if that is longer. */
  delay(now: Milliseconds): Milliseconds {
    return Milliseconds.max(this.#lastDelay, this.waitingFor(now));
  }

  /** How long the newest message has waited on its way; zero if all has arrived, because then nothing waits. */
  queueDelay(now: Milliseconds): Milliseconds {
    if (this.#underWay.length === 0) return Milliseconds.zero;
    const shortest = Milliseconds.min(this.#base, this.#baseBefore);
    const base = Number.isFinite(shortest) ? shortest : FAR_AWAY;
    return Milliseconds.max(Milliseconds.zero, Milliseconds.sub(this.delay(now), base));
  }

  /** How long ago the oldest message was sent that has not arrived. */
  waitingFor(now: Milliseconds): Milliseconds {
    const [oldest] = this.#underWay;
    return oldest ? Milliseconds.sub(now, oldest.at) : Milliseconds.zero;
  }

  /** What has arrived of late. */
  rate(now: Milliseconds): BitsPerSecond {
    this.#forget(now);
    const bytes = this.#arrivals.reduce((sum, each) => sum + each.bytes, 0);
    return bitsPerSecond((bytes * 8 * 1_000) / RATE_WINDOW);
  }

  #forget(now: Milliseconds): void {
    while (this.#arrivals[0] && now - this.#arrivals[0].at > RATE_WINDOW) this.#arrivals.shift();
  }
}
