import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import type { Doorkeeper, Refusal } from '../doorkeeper.js';
import type { ConnectionEnd } from './connection-end.js';
import { DoorReport } from './door-report.js';
import { Strangers } from './strangers.js';

/** Publishers are few, and each one is a stream. */
const MAX_PUBLISHERS = 300;
/** Connections that have not shown a valid key. */
const MAX_STRANGERS = 200;
const STRANGERS_PER_ADDRESS = 20;

interface EntranceOptions {
  readonly doorkeeper: Doorkeeper;
  readonly logger: Logger;
  /** Connections of one address that have not shown a valid key; more where a balancer has the address of all. */
  readonly strangersPerAddress?: number | undefined;
}

/** Counted since the start. */
export interface EntranceStats {
  connections: number;
  admitted: number;
  /** For a wrong key, or because the stream could not take it. */
  refused: Record<Refusal, number>;
  /** Too many had shown no valid key. */
  turnedAway: number;
  /** What they sent before they were let in was not the protocol, or too much. */
  broken: number;
  /** By us, while they were sending. */
  cut: number;
}

/** A listener for encoders, whatever they speak. */
export interface Listener {
  readonly port: number;
  readonly stats: Readonly<EntranceStats>;
  /** Take no more publishers, and end those that are here. Resolves when their seats are free. */
  close(): Promise<void>;
}

/** What a connection works with, from its first byte to its last. */
export interface Welcome {
  readonly doorkeeper: Doorkeeper;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly onRefused: (why: Refusal) => void;
  readonly onAdmitted: () => void;
}

/** Something that has come to a listener. */
interface Visitor {
  readonly address: string;
  /** End it without a word. */
  readonly end: () => void;
}

/** Who may be at the door and behind it, in which numbers: the same for each protocol. */
export class Entrance {
  readonly stats: EntranceStats = {
    ...{ connections: 0, admitted: 0, turnedAway: 0, broken: 0, cut: 0 },
    refused: { unauthorized: 0, busy: 0, stopped: 0, forbidden: 0, unavailable: 0 },
  };
  readonly #options: EntranceOptions;
  readonly #closing = new AbortController();
  readonly #strangers: Strangers<Visitor>;
  readonly #publishers = new Set<Visitor>();
  readonly #running = new Set<Promise<void>>();
  readonly #reports;

  constructor(options: EntranceOptions) {
    this.#options = options;
    const { logger, strangersPerAddress = STRANGERS_PER_ADDRESS } = options;
    this.#strangers = new Strangers({ perAddress: strangersPerAddress, inAll: MAX_STRANGERS });
    // Each connection listens.
    setMaxListeners(0, this.#closing.signal);
    const report = (level: 'info' | 'warn' | 'error', words: string): DoorReport =>
      new DoorReport((count, last) => logger[level]({ count, ...last }, words));
    this.#reports = {
      turnedAway: report('warn', 'connections were turned away'),
      refused: report('info', 'encoders were refused'),
      broken: report('info', 'connections were ended for what they sent'),
      accept: report('error', 'connections could not be accepted'),
    };
  }

  /** @param serve has the visitor until it resolves, and then has ended it; called only if there is room */
  receive(visitor: Visitor, serve: (welcome: Welcome) => Promise<ConnectionEnd>): void {
    const { address } = visitor;
    const obstacle = this.#obstacleFor(address);
    if (obstacle !== undefined) {
      this.#turnAway(visitor, obstacle);
      return;
    }
    const oldest = this.#strangers.come(visitor, address);
    if (oldest) this.#turnAway(oldest, 'it made room, because too many have shown no valid key');
    const served = this.#serve(visitor, serve).catch((error: unknown) =>
      this.#options.logger.error({ err: error }, 'a connection of an encoder failed'),
    );
    this.#running.add(served);
    void served.finally(() => this.#running.delete(served));
  }

  /** Such as no file descriptors left: those who are here go on. */
  noteAcceptError({ message }: Error): void {
    this.#reports.accept.add({ address: '', why: message });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#running);
    for (const each of Object.values(this.#reports)) each.close();
  }

  async #serve(visitor: Visitor, serve: (welcome: Welcome) => Promise<ConnectionEnd>): Promise<void> {
    const { address } = visitor;
    const { doorkeeper } = this.#options;
    this.stats.connections++;
    try {
      const end = await serve({
        signal: this.#closing.signal,
        doorkeeper: {
          admit: async (shown, gone) =>
            this.#publishers.size < MAX_PUBLISHERS ? doorkeeper.admit(shown, gone) : 'unavailable',
        },
        onRefused: (why) => {
          this.stats.refused[why]++;
          // Who has the key is named by the doorkeeper.
          if (why === 'unauthorized') this.#reports.refused.add({ address, why });
        },
        onAdmitted: () => {
          this.stats.admitted++;
          this.#strangers.leave(visitor);
          this.#publishers.add(visitor);
        },
      });
      if (end.why === 'cut') this.stats.cut++;
      if (end.why === 'broken') {
        this.stats.broken++;
        this.#reports.broken.add({ address, why: end.problem });
      }
    } finally {
      this.#strangers.leave(visitor);
      this.#publishers.delete(visitor);
    }
  }

  #obstacleFor(address: string): string | undefined {
    if (this.#closing.signal.aborted) return 'the server is ending';
    return this.#strangers.mayCome(address) ? undefined : 'too many of its address have shown no valid key';
  }

  #turnAway(visitor: Visitor, why: string): void {
    this.stats.turnedAway++;
    this.#reports.turnedAway.add({ address: visitor.address, why });
    visitor.end();
  }
}
