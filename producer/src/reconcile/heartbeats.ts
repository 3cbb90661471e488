import type { Liveness } from '@topicast/contracts/liveness';
import { type IngestPorts, PRODUCER_SILENCE_MS } from '@topicast/contracts/tables';
import type { Logger } from 'pino';

const EVERY_MS = PRODUCER_SILENCE_MS / 3;

interface HeartbeatsOptions {
  readonly liveness: Liveness;
  readonly me: string;
  readonly logger: Logger;
}

/** This producer's sign of life, and the other producers. */
export class Heartbeats {
  readonly #options: HeartbeatsOptions;
  readonly #stopListening: () => void;
  readonly #timer: NodeJS.Timeout;
  /** The times in our newest heartbeats. */
  #written = new Set<string>();
  #writing: Promise<void> | undefined;
  #leaving = false;
  #ports: IngestPorts = {};

  constructor(options: HeartbeatsOptions) {
    this.#options = options;
    this.#stopListening = options.liveness.heartbeats.onChange((producer, heartbeat) => {
      if (producer === options.me && heartbeat && !this.#written.has(heartbeat.at))
        this.#complainOfNamesake();
    });
    this.#beat();
    this.#timer = setInterval(() => this.#beat(), EVERY_MS);
  }

  /** The other producers that are alive. */
  others(): Set<string> {
    const alive = this.#options.liveness.alive();
    alive.delete(this.#options.me);
    return alive;
  }

  /** Whether another producer is alive and stays. */
  get hasSuccessor(): boolean {
    const staying = this.#options.liveness.staying();
    staying.delete(this.#options.me);
    return staying.size > 0;
  }

  /** Tell the gateways that encoders can publish here. */
  listenAt(ports: IngestPorts): void {
    this.#ports = ports;
    this.#beat();
  }

  /** Tell the others not to wait for us to take over anything. */
  leave(): void {
    this.#leaving = true;
    if (this.#writing) void this.#writing.then(() => this.#beat());
    else this.#beat();
  }

  /** The last sign: this producer is gone. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopListening();
    while (this.#writing) await this.#writing;
    await this.#options.liveness.heartbeats.delete(this.#options.me);
  }

  #beat(): void {
    if (this.#writing) return;
    const { liveness, me, logger } = this.#options;
    const at = new Date().toISOString();
    this.#written = new Set([...this.#written, at].slice(-4));
    this.#writing = liveness.heartbeats
      .put(me, { at, leaving: this.#leaving, ...this.#ports })
      .then(
        () => undefined,
        (error: unknown) => logger.debug({ error }, 'the heartbeat could not be written'),
      )
      .finally(() => {
        this.#writing = undefined;
      });
  }

  #complainOfNamesake(): void {
    const { me, logger } = this.#options;
    logger.error(
      `another producer also calls itself "${me}": give each its own TOPICAST_PRODUCER_ID, or both will encode the same streams`,
    );
  }
}
