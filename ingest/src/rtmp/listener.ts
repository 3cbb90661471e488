import { once, setMaxListeners } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Milliseconds } from '@topicast/contracts/units';
import type { Logger } from 'pino';
import type { Doorkeeper, Refusal } from '../doorkeeper.js';
import { DoorReport } from './door-report.js';
import { PublisherConnection } from './publisher-connection.js';
import { Strangers } from './strangers.js';

/** Publishers are few, and each one is a stream. */
const MAX_PUBLISHERS = 300;
/** Connections that have not shown a valid key. */
const MAX_STRANGERS = 200;
const STRANGERS_PER_ADDRESS = 20;

interface RtmpListenerOptions {
  readonly host: string;
  /** 0 means any free port. */
  readonly port: number;
  readonly doorkeeper: Doorkeeper;
  readonly logger: Logger;
  /** How long a publisher may be silent; a test has less. */
  readonly patience?: Milliseconds;
  /** Connections of one address that have not shown a valid key; more where a balancer has the address of all. */
  readonly strangersPerAddress?: number;
}

/** Counted since the start. */
export interface RtmpStats {
  connections: number;
  admitted: number;
  /** For a wrong key, or because the stream could not take it. */
  refused: Record<Refusal, number>;
  /** Too many had shown no valid key. */
  turnedAway: number;
  /** What they sent before they were let in was not RTMP, or too much. */
  broken: number;
  /** By us, while they were sending. */
  cut: number;
}

export interface RtmpListener {
  readonly port: number;
  readonly stats: Readonly<RtmpStats>;
  /** Take no more publishers, and end those that are here. Resolves when their seats are free. */
  close(): Promise<void>;
}

/** Listens for encoders that publish by RTMP. @throws the error of the system if it cannot listen */
export async function listenForRtmp(options: RtmpListenerOptions): Promise<RtmpListener> {
  const { host, port, doorkeeper, logger, patience } = options;
  const { strangersPerAddress = STRANGERS_PER_ADDRESS } = options;
  const closing = new AbortController();
  // Each connection listens.
  setMaxListeners(0, closing.signal);
  const strangers = new Strangers<Socket>({ perAddress: strangersPerAddress, inAll: MAX_STRANGERS });
  const publishers = new Set<Socket>();
  const running = new Set<Promise<void>>();
  const stats: RtmpStats = {
    ...{ connections: 0, admitted: 0, turnedAway: 0, broken: 0, cut: 0 },
    refused: { unauthorized: 0, busy: 0, stopped: 0, unavailable: 0 },
  };
  const report = (level: 'info' | 'warn' | 'error', words: string): DoorReport =>
    new DoorReport((count, last) => logger[level]({ count, ...last }, words));
  const reports = {
    turnedAway: report('warn', 'connections were turned away'),
    refused: report('info', 'encoders were refused'),
    broken: report('info', 'connections were ended for what they sent'),
    accept: report('error', 'connections could not be accepted'),
  };

  const turnAway = (socket: Socket, why: string): void => {
    stats.turnedAway++;
    reports.turnedAway.add({ address: socket.remoteAddress ?? '', why });
    socket.on('error', () => undefined).destroy();
  };
  const door: Doorkeeper = {
    admit: async (shown, gone) =>
      publishers.size < MAX_PUBLISHERS ? doorkeeper.admit(shown, gone) : 'unavailable',
  };

  const serve = async (socket: Socket, address: string): Promise<void> => {
    stats.connections++;
    const connection = new PublisherConnection(socket, {
      ...{ doorkeeper: door, signal: closing.signal, ...(patience !== undefined && { patience }) },
      onRefused(why) {
        stats.refused[why]++;
        // Who has the key is named by the doorkeeper.
        if (why === 'unauthorized') reports.refused.add({ address, why });
      },
      onAdmitted() {
        stats.admitted++;
        strangers.leave(socket);
        publishers.add(socket);
      },
    });
    try {
      const end = await connection.run();
      if (end.why === 'cut') stats.cut++;
      if (end.why === 'broken') {
        stats.broken++;
        reports.broken.add({ address, why: end.problem });
      }
    } finally {
      strangers.leave(socket);
      publishers.delete(socket);
    }
  };

  const server = createServer({ noDelay: true }, (socket) => {
    const address = socket.remoteAddress ?? '';
    if (closing.signal.aborted) return turnAway(socket, 'the server is ending');
    if (!strangers.mayCome(address))
      return turnAway(socket, 'too many of its address have shown no valid key');
    const oldest = strangers.come(socket, address);
    if (oldest) turnAway(oldest, 'it made room, because too many have shown no valid key');
    const served = serve(socket, address).catch((error: unknown) =>
      logger.error({ err: error }, 'a connection of an encoder failed'),
    );
    running.add(served);
    void served.finally(() => running.delete(served));
  });
  await once(server.listen({ host, port }), 'listening');
  // Such as no file descriptors left: those who are here go on.
  server.on('error', ({ message }) => reports.accept.add({ address: '', why: message }));
  return {
    port: (server.address() as AddressInfo).port,
    stats,
    async close() {
      server.close();
      closing.abort();
      await Promise.all(running);
      for (const each of Object.values(reports)) each.close();
    },
  };
}
