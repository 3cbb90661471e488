import { pauseAfter } from '@topicast/contracts/backoff';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { FlowLimit } from '../door/flow-limit.js';
import type { PublisherEnd, Refusal, Seat } from '../doorkeeper.js';

/** As with RTMP: an encoder that is silent for longer is gone. */
const SILENCE = milliseconds(10_000);
/**
 * A caller that says goodbye ends the connection at once. One that is lost ends it 5 s after its last packet, which is
 * SRT's own limit (SRTO_PEERIDLETIMEO), and ffmpeg tells the two from each other by nothing else.
 */
const GOODBYE_WITHIN = milliseconds(2_000);
const LOOK_EVERY_MS = 1_000;
/** Whoever is refused, or sends away, should not come again at once; nor should a port be tried again that is taken. */
const BACKOFF = { first: milliseconds(200), longest: milliseconds(10_000) };

/** Waits at its port for one caller with the right passphrase, and gives what that one sends. */
export interface Listening {
  /** Resolves when the caller has left, or the port could not be had; `clean`: by itself. Never rejects. */
  readonly ended: Promise<{ readonly clean: boolean }>;
  /** Take nothing more from the caller for a while. */
  pause(): void;
  resume(): void;
  end(): void;
}

interface ReceiverOptions {
  /** Begins to wait for a caller; may reject. */
  readonly listen: (onBytes: (bytes: Uint8Array) => void) => Promise<Listening>;
  /** Asked when a caller sends its first bytes. @param gone aborts when the caller does not wait any more */
  readonly admit: (gone: AbortSignal) => Promise<Seat | Refusal>;
}

/**
 * Takes the encoder of one stream, which sends MPEG-TS by SRT, whenever it comes. Its passphrase has been checked by the
 * handshake. SRT takes one caller at a port; the next one can come when it has left.
 */
export class SrtReceiver {
  readonly #options: ReceiverOptions;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  #seat: Seat | undefined;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  /** An encoder is sending. */
  get isTaken(): boolean {
    return this.#seat !== undefined;
  }

  /** Resolves when the port is free. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted; failures++) {
      const wasAdmitted = await this.#take();
      if (wasAdmitted) failures = 0;
      await pauseOf(pauseAfter(BACKOFF, failures, Math.random()), signal);
    }
  }

  /** From the wait for a caller to the caller's end. @returns whether it was let in */
  async #take(): Promise<boolean> {
    const { listen, admit } = this.#options;
    const { signal } = this.#closing;
    const gone = new AbortController();
    const flow = new FlowLimit();
    const early: Uint8Array[] = [];
    let end: PublisherEnd | undefined;
    let wasAdmitted = false;
    let asking: Promise<void> | undefined;
    let lastBytes = Milliseconds.now();
    const onBytes = (bytes: Uint8Array): void => {
      lastBytes = Milliseconds.now();
      if (this.#seat) {
        this.#seat.take(bytes);
        const problem = flow.charge({ received: bytes.byteLength }, lastBytes);
        if (problem === undefined) return;
        leave({ why: 'cut', problem });
      } else {
        early.push(bytes);
        listening?.pause();
        asking ??= ask();
      }
    };
    // Such as no memory for another process: the port is tried again.
    const listening = await listen(onBytes).catch(() => undefined);
    if (!listening) return false;
    const leave = (why: PublisherEnd): void => {
      end ??= why;
      listening.end();
    };
    const ask = async (): Promise<void> => {
      const answer = await admit(gone.signal).catch(() => 'unavailable' as const);
      if (typeof answer === 'string') {
        listening.end();
        return;
      }
      wasAdmitted = true;
      this.#seat = answer;
      answer.dismissed.addEventListener('abort', () => leave({ why: 'gone' }), { once: true });
      if (answer.dismissed.aborted) leave({ why: 'gone' });
      for (const bytes of early.splice(0)) answer.take(bytes);
      lastBytes = Milliseconds.now();
      listening.resume();
    };
    const watch = setInterval(() => {
      const isSilent = Milliseconds.sub(Milliseconds.now(), lastBytes) >= SILENCE;
      if (this.#seat && isSilent) leave({ why: 'gone' });
    }, LOOK_EVERY_MS);
    const stop = (): void => leave({ why: 'gone' });
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const { clean } = await listening.ended;
    const isGoodbye = clean && Milliseconds.sub(Milliseconds.now(), lastBytes) < GOODBYE_WITHIN;
    signal.removeEventListener('abort', stop);
    clearInterval(watch);
    gone.abort();
    await asking;
    this.#seat?.leave(end ?? { why: isGoodbye ? 'finished' : 'gone' });
    this.#seat = undefined;
    return wasAdmitted;
  }
}

/** Ends early when the signal aborts. */
async function pauseOf(pause: Milliseconds, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, pause);
    signal.addEventListener('abort', done);
  });
}
