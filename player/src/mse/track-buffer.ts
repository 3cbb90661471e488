import { type Seconds, seconds } from '@topicast/contracts/units';
import type { Fragment } from '@topicast/media/fmp4';
import type { MediaFailure } from './media-sink.js';

/**
 * How much to keep behind the playhead. There is one removal for every 10 s of media, because each one also drops
 * decoded frames.
 */
const KEEP_BEHIND_S = 10;
const TRIM_FROM_S = 20;
const KEEP_WHEN_FULL_S = 1;
/** Some 30 s of a very good stream. The queue stays empty except while the media source opens. */
const MAX_QUEUED_BYTES = 32 * 1024 * 1024;

/**
 * One source buffer and its queue. Everything in the queue goes in as one append, because W3C MSE 3.5.1 runs per
 * append.
 */
export class TrackBuffer {
  readonly #buffer: SourceBuffer;
  #mimeType: string;
  readonly #onIdle: () => void;
  readonly #onFailed: (failure: MediaFailure) => void;
  /** True end of what has been appended. */
  end: Seconds = seconds(0);
  #queue: Fragment[] = [];
  #queuedBytes = 0;
  #playhead = 0;

  constructor(
    buffer: SourceBuffer,
    mimeType: string,
    onIdle: () => void,
    onFailed: (failure: MediaFailure) => void,
  ) {
    this.#buffer = buffer;
    this.#mimeType = mimeType;
    this.#onIdle = onIdle;
    this.#onFailed = onFailed;
    buffer.addEventListener('updateend', this.pump);
    buffer.addEventListener('error', this.#fail);
  }

  get idle(): boolean {
    return this.#queue.length === 0 && !this.#buffer.updating;
  }

  /** Beginning of the newest range, 0 if there is none. */
  get start(): Seconds {
    const { buffered } = this.#buffer;
    return seconds(buffered.length > 0 ? buffered.start(buffered.length - 1) : 0);
  }

  push(fragment: Fragment): void {
    this.#queuedBytes += fragment.data.byteLength;
    if (this.#queuedBytes > MAX_QUEUED_BYTES) {
      this.#onFailed({ kind: 'broken', message: 'the browser accepts no more media' });
      return;
    }
    this.#queue.push(fragment);
  }

  setPlayhead(playhead: Seconds): void {
    this.#playhead = playhead;
  }

  /** Do the next thing there is to do; called again when it is done. */
  readonly pump = (): void => {
    if (this.#buffer.updating) return;
    try {
      if (this.#trim(TRIM_FROM_S, KEEP_BEHIND_S)) return;
      if (this.#queue.length > 0) this.#appendQueued();
      else this.#onIdle();
    } catch (error) {
      this.#onFailed({ kind: 'broken', message: String(error) });
    }
  };

  close(): void {
    this.#buffer.removeEventListener('updateend', this.pump);
    this.#buffer.removeEventListener('error', this.#fail);
    this.#queue = [];
  }

  #appendQueued(): void {
    const count = this.#countUntilOtherType();
    const batch = this.#queue.slice(0, count);
    const mimeType = batch[0]?.init?.mimeType ?? this.#mimeType;
    if (mimeType !== this.#mimeType) this.#buffer.changeType(mimeType);
    this.#mimeType = mimeType;
    try {
      this.#buffer.appendBuffer(concatenate(batch));
    } catch (error) {
      const full = error instanceof Error && error.name === 'QuotaExceededError';
      if (full && this.#trim(KEEP_WHEN_FULL_S, KEEP_WHEN_FULL_S)) return;
      throw error;
    }
    this.#queue.splice(0, count);
    for (const { data, end } of batch) {
      this.#queuedBytes -= data.byteLength;
      this.end = end;
    }
  }

  /** How many of the queued fragments belong to one MIME type. */
  #countUntilOtherType(): number {
    const current = this.#queue[0]?.init?.mimeType ?? this.#mimeType;
    const other = this.#queue.findIndex(({ init }) => init && init.mimeType !== current);
    return other < 0 ? this.#queue.length : other;
  }

  /**
   * If there is more than `from` behind the playhead, remove it down to `keep`. Returns false if there was nothing to
   * remove.
   */
  #trim(from: number, keep: number): boolean {
    const { buffered } = this.#buffer;
    if (buffered.length === 0 || buffered.start(0) >= this.#playhead - from) return false;
    this.#buffer.remove(0, this.#playhead - keep);
    return true;
  }

  readonly #fail = (): void => {
    this.#onFailed({ kind: 'broken', message: `the browser could not read ${this.#mimeType}` });
  };
}

function concatenate(fragments: readonly Fragment[]): Uint8Array<ArrayBuffer> {
  const parts = fragments.flatMap(({ init, data }) => (init ? [init.data, data] : [data]));
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
