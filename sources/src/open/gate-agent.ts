import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Gate } from './gate.js';

/** Connections through the gate, kept for the next request to the same place. */
export class GateAgent extends Agent {
  readonly #gate: Gate;
  readonly #tls: boolean;

  constructor(gate: Gate, tls: boolean) {
    super({ keepAlive: true, maxFreeSockets: 8, timeout: 30_000 });
    this.#gate = gate;
    this.#tls = tls;
  }

  override createConnection(
    options: { host?: string; port?: number | string },
    done: (error: Error | null, socket?: Duplex) => void,
  ): undefined {
    const target = { host: options.host ?? '', port: Number(options.port), tls: this.#tls };
    this.#gate.connect(target).then(
      (socket) => done(null, socket),
      (error: Error) => done(error),
    );
  }
}
