import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import { bindingSuccess, isSignedWith, isStun, readBindingRequest } from './ice/stun.js';

/** A publisher moves from one network to another at times, and asks by several ways at first. */
const MAX_WAYS = 8;
/** A keyframe of 4K; the system may give less. */
const RECEIVE_BUFFER_BYTES = 4 << 20;

/** An address is one guest's until nothing has come from there for so long: a port may get to somebody else. */
const OWNED_FOR = milliseconds(5_000);

type Address = Pick<RemoteInfo, 'address' | 'port'>;

/** What comes for one publisher. */
export interface Guest {
  /** What it was told in the answer. */
  readonly ice: { readonly fragment: string; readonly password: string };
  /** Its packets come from somewhere, and it has proven that they are its. */
  reached(): void;
  push(packet: Uint8Array): void;
  /** A fault of ours, while a packet of it was read. */
  fail(error: unknown): void;
}

interface Ways {
  readonly guest: Guest;
  /** The newest last. */
  readonly from: Map<string, Address>;
  chosen: Address | undefined;
}

interface Owner {
  readonly ways: Ways;
  heard: Milliseconds;
}

/**
 * One port for all publishers, which only answers (ICE lite, RFC 8445 2.5): whoever signs a check with the password of a
 * guest is that guest from then on. Packets from elsewhere are dropped, unanswered and unread, so that strangers reach
 * neither the handshake nor the media of anybody.
 */
export class UdpPort {
  readonly #socket;
  readonly #byFragment = new Map<string, Ways>();
  readonly #byAddress = new Map<string, Owner>();

  /** @param address of the system, where it is bound */
  constructor(address: string) {
    this.#socket = createSocket({
      type: isIPv6(address) ? 'udp6' : 'udp4',
      recvBufferSize: RECEIVE_BUFFER_BYTES,
    });
  }

  /** @returns the number of the port @throws the error of the system */
  async open(address: string, port: number): Promise<number> {
    this.#socket.on('message', (packet, from) => this.#onPacket(packet, from));
    this.#socket.bind({ address, port });
    await once(this.#socket, 'listening');
    // A way that is gone: whoever was there is missed by its silence.
    this.#socket.on('error', () => undefined);
    return this.#socket.address().port;
  }

  enter(guest: Guest): void {
    this.#byFragment.set(guest.ice.fragment, { guest, from: new Map(), chosen: undefined });
  }

  leave({ ice }: Guest): void {
    const ways = this.#byFragment.get(ice.fragment);
    this.#byFragment.delete(ice.fragment);
    if (ways) for (const name of ways.from.keys()) this.#forget(name, ways);
  }

  /** By the way that it has chosen; nowhere before that. */
  send({ ice }: Guest, packet: Uint8Array): void {
    const to = this.#byFragment.get(ice.fragment)?.chosen;
    if (to) this.#socket.send(packet, to.port, to.address, () => undefined);
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #onPacket(packet: Buffer, from: RemoteInfo): void {
    if (packet.byteLength === 0) return;
    if (isStun(packet)) this.#onCheck(packet, from);
    else this.#onOther(packet, from);
  }

  #onOther(packet: Buffer, from: RemoteInfo): void {
    const owner = this.#byAddress.get(nameOf(from));
    if (!owner) return;
    owner.heard = Milliseconds.now();
    const { guest } = owner.ways;
    try {
      guest.push(packet);
    } catch (error) {
      guest.fail(error);
    }
  }

  #onCheck(packet: Buffer, from: RemoteInfo): void {
    const request = readBindingRequest(packet);
    const ways = request && this.#byFragment.get(request.askedFor);
    if (!ways || !isSignedWith(packet, ways.guest.ice.password) || this.#isOfAnother(ways, from)) return;
    this.#learn(ways, from);
    if (request.isNominating || !ways.chosen) ways.chosen = from;
    const answer = bindingSuccess(request.transaction, from, ways.guest.ice.password);
    this.#socket.send(answer, from.port, from.address, () => undefined);
    ways.guest.reached();
  }

  /** Otherwise a guest that forges the addresses of its checks could take the packets of all others. */
  #isOfAnother(ways: Ways, from: Address): boolean {
    const owner = this.#byAddress.get(nameOf(from));
    if (!owner || owner.ways === ways) return false;
    return Milliseconds.sub(Milliseconds.now(), owner.heard) < OWNED_FOR;
  }

  #learn(ways: Ways, from: Address): void {
    const name = nameOf(from);
    this.#byAddress.set(name, { ways, heard: Milliseconds.now() });
    ways.from.delete(name);
    ways.from.set(name, from);
    const [oldest] = ways.from.keys();
    if (ways.from.size <= MAX_WAYS || oldest === undefined) return;
    ways.from.delete(oldest);
    this.#forget(oldest, ways);
  }

  #forget(name: string, ways: Ways): void {
    if (this.#byAddress.get(name)?.ways === ways) this.#byAddress.delete(name);
  }
}

const nameOf = ({ address, port }: Address): string => `${address} ${port}`;
