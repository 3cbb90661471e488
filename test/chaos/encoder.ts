import { setTimeout as sleep } from 'node:timers/promises';
import { type RtmpEncoder, startRtmpEncoder } from '@topicast/test/rtmp-encoder';

/** OBS waits for 2 s to 10 s, as its version and its settings say. */
const RECONNECT_MS = 5_000;

/** An encoder somewhere in the world: whenever it is disconnected, it connects again after a moment. */
export class FarEncoder implements AsyncDisposable {
  readonly #address: string;
  readonly #ending = new AbortController();
  readonly #life: Promise<void>;
  #encoder: RtmpEncoder;
  #starts = 1;

  /** @param address with the stream key */
  constructor(address: string) {
    this.#address = address;
    this.#encoder = startRtmpEncoder(address);
    this.#life = this.#live();
  }

  /** How often it has connected, or tried to. */
  get starts(): number {
    return this.#starts;
  }

  /** SIGKILL. */
  kill(): void {
    this.#encoder.child.kill('SIGKILL');
  }

  /** What the present one said last. */
  lastWords(): string {
    return this.#encoder.said().slice(-3_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    this.kill();
    await this.#life;
  }

  async #live(): Promise<void> {
    const { signal } = this.#ending;
    for (;;) {
      await this.#encoder.ended;
      await sleep(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      this.#encoder = startRtmpEncoder(this.#address);
      this.#starts++;
    }
  }
}
