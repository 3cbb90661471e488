import { bytes, type Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { MediaMessage } from './media-message.js';

interface QueueLimits {
  readonly span: Milliseconds;
  readonly bytes: number;
}

const LIMITS: QueueLimits = { span: milliseconds(5_000), bytes: 32 << 20 };

/**
 * What waits for the destination to read on. If that is too much, all of it is dropped, and what follows up to the next
 * keyframe: a viewer there sees one jump, and not a stream that falls behind more and more. Configurations stay.
 */
export class SendQueue {
  readonly #limits: QueueLimits;
  #messages: MediaMessage[] = [];
  #bytes = 0;
  #waitsForKey = false;
  droppedPictures = 0;

  constructor(limits = LIMITS) {
    this.#limits = limits;
  }

  /** How long what waits would play. */
  get span(): Milliseconds {
    const [first, last] = [this.#messages[0], this.#messages.at(-1)];
    return milliseconds(first && last ? Math.max(0, last.time - first.time) : 0);
  }

  get waiting(): number {
    return bytes(this.#bytes);
  }

  push(message: MediaMessage): void {
    if (message.kind === 'key') this.#waitsForKey = false;
    if (this.#waitsForKey && message.kind !== 'config') {
      if (message.kind === 'delta') this.droppedPictures++;
      return;
    }
    this.#messages.push(message);
    this.#bytes += message.body.byteLength;
    if (this.span > this.#limits.span || this.#bytes > this.#limits.bytes) this.#drop();
  }

  shift(): MediaMessage | undefined {
    const message = this.#messages.shift();
    if (message) this.#bytes -= message.body.byteLength;
    return message;
  }

  #drop(): void {
    const newest = this.#messages.at(-1);
    const isKey = newest?.kind === 'key';
    const dropped = this.#messages.filter(({ kind }) => kind === 'key' || kind === 'delta').length;
    this.droppedPictures += dropped - (isKey ? 1 : 0);
    // The newest configuration of each track, which belongs to what comes next.
    const newestOf = new Map(
      this.#messages.filter(({ kind }) => kind === 'config').map((config) => [config.track, config]),
    );
    const time = newest?.time ?? milliseconds(0);
    const configs = [...newestOf.values()].map((config) => ({ ...config, time }));
    this.#messages = isKey ? [...configs, newest] : configs;
    this.#bytes = this.#messages.reduce((sum, { body }) => sum + body.byteLength, 0);
    // Without pictures there is nothing to wait for.
    this.#waitsForKey = !isKey && dropped > 0;
  }
}
