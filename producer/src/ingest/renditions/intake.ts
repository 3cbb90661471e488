import type { Writable } from 'node:stream';
import { bytes, Milliseconds } from '@topicast/contracts/units';
import { GopGate } from './gop-gate.js';

interface Waiting {
  readonly size: number;
  readonly since: Milliseconds;
}

/** The way of pictures into an encoder, which holds up nobody: it is bounded, and what does not fit is left out. */
export class Intake {
  readonly #gate = new GopGate();
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #input: Writable | undefined;
  /** What came before the encoder. */
  #early: Uint8Array[] = [];
  #isEnded = false;
  #lastTaken = Milliseconds.never;

  /** From now on, it goes into this one. */
  open(input: Writable): void {
    this.#input = input;
    for (const data of this.#early.splice(0)) this.#write(data);
    if (this.#isEnded) input.end();
  }

  /** @param data is kept */
  offer(data: Uint8Array, isKeyframe: boolean): void {
    if (this.#isEnded) return;
    const now = Milliseconds.now();
    const waited = Milliseconds.sub(now, this.#waiting[0]?.since ?? now);
    if (!this.#gate.takes(isKeyframe, { bytes: bytes(this.#waitingBytes), waited }, now)) return;
    this.#lastTaken = now;
    this.#waiting.push({ size: data.byteLength, since: now });
    this.#waitingBytes += data.byteLength;
    if (this.#input) this.#write(data);
    else this.#early.push(data);
  }

  /** The encoder has given its first picture. */
  start(): void {
    this.#gate.start();
  }

  /** Nothing more comes; the encoder gets what waits. */
  end(): void {
    this.#isEnded = true;
    this.#input?.end();
  }

  /** When the encoder last got something. */
  get lastTaken(): Milliseconds {
    return this.#lastTaken;
  }

  /** See {@link GopGate.leftOut}. */
  get leftOut(): number | undefined {
    return this.#gate.leftOut(Milliseconds.now());
  }

  #write(data: Uint8Array): void {
    this.#input?.write(data, () => {
      this.#waitingBytes -= this.#waiting.shift()?.size ?? 0;
    });
  }
}
