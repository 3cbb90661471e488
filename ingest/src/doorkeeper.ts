import type { StreamKey } from '@topicast/contracts/ingest-key';
import type { Milliseconds } from '@topicast/contracts/units';

/**
 * `unauthorized`: there is no such stream, or it has another key. The others are told only to who has the key.
 * `busy`: another encoder is sending. `stopped`: nobody may send at present. `forbidden`: the operator does not want it.
 * `unavailable`: we cannot take it now.
 */
export type Refusal = 'unauthorized' | 'busy' | 'stopped' | 'forbidden' | 'unavailable';

/** Decides who may publish, and takes what they send. The listeners ask; the producer answers. */
export interface Doorkeeper {
  /** @param gone aborts when whoever asked does not wait any more */
  admit(shown: StreamKey, gone: AbortSignal): Promise<Seat | Refusal>;
}

/** The place of one publisher: from its admission to `leave`, which is called once, whatever happens. */
export interface Seat {
  /** Aborts when the publisher has to go; the reason is an Error whose message it is told. */
  readonly dismissed: AbortSignal;
  /** How long a publisher that has sent something may be silent before it is taken for gone; absent: ten seconds. */
  readonly patience?: Milliseconds;
  /** The next bytes of its MPEG-TS. A view, valid during the call. */
  take(bytes: Uint8Array): void;
  /** All that is known by now; called when it changes. */
  note(found: Found): void;
  leave(end: PublisherEnd): void;
}

/** What was found in what a publisher sends. */
export interface Found {
  /** What its owner should change, one sentence each. */
  readonly notes: readonly string[];
  /** Messages that were left out because they were damaged, or came before what decoders need. */
  readonly damaged: number;
}

export type PublisherEnd =
  /** It said goodbye: its owner has ended the stream. */
  | { readonly why: 'finished' }
  /** Its connection is gone without a word, or it was dismissed: it may come back. */
  | { readonly why: 'gone' }
  /** We ended it; its owner should know why, in one sentence that says what to change. */
  | { readonly why: 'cut'; readonly problem: string };
