import { networkOf } from './network.js';

interface StrangerLimits {
  readonly perAddress: number;
  readonly inAll: number;
}

/**
 * Connections that have not shown a valid key yet. There are few of one address, so that one peer does not take all the
 * places; and there is always a place for one more in all, because the oldest one has to go.
 */
export class Strangers<Connection> {
  readonly #limits: StrangerLimits;
  /** With their networks, in the order of their coming. */
  readonly #networks = new Map<Connection, string>();
  readonly #counts = new Map<string, number>();

  constructor(limits: StrangerLimits) {
    this.#limits = limits;
  }

  mayCome(address: string): boolean {
    return (this.#counts.get(networkOf(address)) ?? 0) < this.#limits.perAddress;
  }

  /** @returns who has to go for it */
  come(connection: Connection, address: string): Connection | undefined {
    const [oldest] = this.#networks.keys();
    const goes = this.#networks.size >= this.#limits.inAll ? oldest : undefined;
    if (goes !== undefined) this.leave(goes);
    const network = networkOf(address);
    this.#networks.set(connection, network);
    this.#counts.set(network, (this.#counts.get(network) ?? 0) + 1);
    return goes;
  }

  /** It has shown its key, or is gone. */
  leave(connection: Connection): void {
    const network = this.#networks.get(connection);
    if (network === undefined) return;
    this.#networks.delete(connection);
    const left = this.#counts.get(network)! - 1;
    if (left > 0) this.#counts.set(network, left);
    else this.#counts.delete(network);
  }
}
