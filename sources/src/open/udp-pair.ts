import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

/** Two ports of this machine for one track: an even one for the media, and the next one for reports (RFC 3550 11). */
export interface UdpPair extends Disposable {
  /** The even one. */
  readonly port: number;
  /** Say where the other end is; it is told that we are here, again and again, because routers forget. */
  greet(ports: readonly [media: number, reports: number]): void;
  report(payload: Buffer): void;
}

/** Dynamic ports (RFC 6335 6). */
const PORTS = { first: 49_152, last: 65_534 } as const;
const TRIES = 20;
const GREET_EVERY_MS = 10_000;
/** Room for a large keyframe; the system may give less. */
const RECEIVED_BYTES = 2_000_000;
/** The shortest packets that RTP and its reports know; ffmpeg greets with the same. */
const GREETINGS = { media: Buffer.alloc(12), reports: Buffer.alloc(8) };
GREETINGS.media[0] = 0x80;
GREETINGS.reports.set([0x80, 201, 0, 1]);

/**
 * @param own the address of this machine at which the peer reaches it
 * @param peer packets of anybody else are dropped, and nothing is sent to anybody else
 * @param random uniform in [0, 1)
 */
export async function openUdpPair(
  { own, peer }: { readonly own: string; readonly peer: string },
  onPacket: (payload: Buffer, kind: 'media' | 'report') => void,
  random: () => number = Math.random,
): Promise<UdpPair> {
  for (let tries = 1; ; tries++) {
    const port = PORTS.first + 2 * Math.floor((random() * (PORTS.last - PORTS.first + 2)) / 2);
    const sockets: Socket[] = [];
    try {
      for (const kind of ['media', 'report'] as const) {
        const socket = createSocket({ type: isIPv6(own) ? 'udp6' : 'udp4', recvBufferSize: RECEIVED_BYTES });
        sockets.push(socket);
        socket.bind({ address: own, port: kind === 'media' ? port : port + 1, exclusive: true });
        await once(socket, 'listening');
        // "Nobody is there" from the network; the connection for control tells us if that matters.
        socket.on('error', () => undefined);
        socket.on('message', (payload, from) => {
          if (from.address === peer) onPacket(payload, kind);
        });
      }
      return pairOf(port, sockets as [Socket, Socket], peer);
    } catch (error) {
      for (const socket of sockets) socket.close();
      if (tries === TRIES) throw error;
    }
  }
}

function pairOf(port: number, [media, reports]: [Socket, Socket], peer: string): UdpPair {
  let far: readonly [number, number] | undefined;
  let greeting: NodeJS.Timeout | undefined;
  const greet = (): void => {
    if (!far) return;
    media.send(GREETINGS.media, far[0], peer);
    reports.send(GREETINGS.reports, far[1], peer);
  };
  return {
    port,
    greet(ports) {
      far = ports;
      greet();
      greeting ??= setInterval(greet, GREET_EVERY_MS);
    },
    report(payload) {
      if (far) reports.send(payload, far[1], peer);
    },
    [Symbol.dispose]() {
      clearInterval(greeting);
      media.close();
      reports.close();
    },
  };
}
