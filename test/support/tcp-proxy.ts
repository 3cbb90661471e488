import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP connection that passes through this process, so that tests can cut it. */
export interface TcpProxy {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** Where connections go; from now on they are accepted. */
  forwardTo(port: number): void;
  /** Nothing passes in either direction, and nobody is told, as if a cable had been unplugged. New connections hang. */
  cut(): void;
  /** The same for the present connections alone: both ends believe in them, and new ones work. */
  strand(): void;
  /** What was sent in the meantime arrives now, as TCP's retransmissions would deliver it. */
  heal(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(): Promise<TcpProxy> {
  let target = 0;
  let isCut = false;
  const pairs = new Set<Pair>();
  const server = createServer((near) => {
    near.on('error', () => undefined);
    const pair = new Pair(near, target);
    pairs.add(pair);
    near.once('close', () => pairs.delete(pair));
    pair.flow(!isCut);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const setCut = (cut: boolean): void => {
    isCut = cut;
    for (const pair of pairs) pair.flow(!cut);
  };
  return {
    port: (server.address() as AddressInfo).port,
    forwardTo(port) {
      target = port;
    },
    cut: () => setCut(true),
    strand() {
      for (const pair of pairs) pair.flow(false);
    },
    heal: () => setCut(false),
    async close() {
      server.close();
      for (const pair of pairs) pair.destroy();
      await once(server, 'close');
    },
  };
}

/** The two halves of a connection. The far one is opened when something may flow for the first time. */
class Pair {
  readonly #near: Socket;
  readonly #target: number;
  #far: Socket | undefined;
  #flows = false;

  constructor(near: Socket, target: number) {
    this.#near = near;
    this.#target = target;
    near.pause();
    near.setNoDelay(true);
    near.once('close', () => this.#far?.destroy());
  }

  flow(flows: boolean): void {
    this.#flows = flows;
    if (flows && !this.#far) this.#open();
    for (const socket of [this.#near, this.#far]) {
      if (flows) socket?.resume();
      else socket?.pause();
    }
  }

  destroy(): void {
    this.#near.destroy();
    this.#far?.destroy();
  }

  #open(): void {
    const far = connect({ host: '127.0.0.1', port: this.#target, noDelay: true });
    this.#far = far;
    far.on('error', () => undefined);
    far.once('close', () => this.#near.destroy());
    this.#forward(this.#near, far);
    this.#forward(far, this.#near);
  }

  #forward(from: Socket, to: Socket): void {
    from.on('data', (data) => {
      if (to.write(data)) return;
      from.pause();
      to.once('drain', () => {
        if (this.#flows) from.resume();
      });
    });
  }
}
