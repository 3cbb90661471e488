import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { until } from '@topicast/test/poll';
import { describe, expect, it } from 'vitest';
import { SocketWriter } from './writer.js';

/** A server whose connections end with the test. */
class Connections implements AsyncDisposable {
  readonly #server = createServer();
  readonly #sockets: Socket[] = [];

  async open(): Promise<{ near: Socket; far: Socket }> {
    if (!this.#server.listening) await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    const far = connect((this.#server.address() as AddressInfo).port, '127.0.0.1');
    const [near] = (await once(this.#server, 'connection')) as [Socket];
    for (const socket of [near, far]) {
      socket.on('error', () => undefined);
      this.#sockets.push(socket);
    }
    return { near, far };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const descriptor = (socket: Socket): number => (socket as unknown as { _handle: { fd: number } })._handle.fd;

/** Frames of very different sizes, each with different bytes. */
const frame = (number: number): Buffer => Buffer.alloc(1 + ((number * 7_919) % 300_000), number % 251);

describe('a writer', () => {
  it('writes all bytes in order, whether the kernel takes them at once or not', async () => {
    await using connections = new Connections();
    const ends = await connections.open();
    const received: Buffer[] = [];
    let bytes = 0;
    let waits = 0;
    let number = 0;
    const writeOn = (): void => {
      while (number < 400) {
        number += 1;
        if (!writer.write(frame(number))) {
          waits += 1;
          return;
        }
      }
    };
    const writer = new SocketWriter(ends.near, writeOn);
    const all = Buffer.concat(Array.from({ length: 400 }, (_, index) => frame(index + 1)));
    writeOn();
    expect(writer.isBusy).toBe(true);
    ends.far.on('data', (data) => {
      received.push(data);
      bytes += data.byteLength;
    });
    await until(() => bytes === all.byteLength);
    expect(Buffer.concat(received).equals(all)).toBe(true);
    expect(waits).toBeGreaterThan(0);
    expect(writer.isBusy).toBe(false);
  });

  it('keeps its place behind what the socket itself has to write', async () => {
    await using connections = new Connections();
    const ends = await connections.open();
    const writer = new SocketWriter(ends.near, () => undefined);
    const before = Buffer.alloc(20_000_000, 1);
    ends.near.write(before);
    expect(writer.write(Buffer.from([2]))).toBe(false);
    let bytes = 0;
    let last: number | undefined;
    ends.far.on('data', (data) => {
      bytes += data.byteLength;
      last = data.at(-1);
    });
    await until(() => bytes === before.byteLength + 1);
    expect(last).toBe(2);
  });

  it('does not write to a descriptor that another connection may have by now', async () => {
    await using connections = new Connections();
    const ends = await connections.open();
    let done = 0;
    const writer = new SocketWriter(ends.near, () => {
      done += 1;
    });
    const fd = descriptor(ends.near);
    ends.near.destroy();
    // The next connection gets the number of the one that was closed.
    const next = await connections.open();
    expect([next.near, next.far].map(descriptor)).toContain(fd);
    const strays: Buffer[] = [];
    next.near.on('data', (data) => strays.push(data));
    next.far.on('data', (data) => strays.push(data));
    expect(writer.write(Buffer.from('not for you'))).toBe(false);
    next.near.write('for you');
    await until(() => strays.length > 0);
    expect(Buffer.concat(strays).toString()).toBe('for you');
    expect(done).toBe(0);
  });

  it('neither reports nor throws anything when the other end is gone', async () => {
    await using connections = new Connections();
    const ends = await connections.open();
    let done = 0;
    const writer = new SocketWriter(ends.near, () => {
      done += 1;
    });
    ends.far.destroy();
    await until(() => {
      if (!writer.isBusy) writer.write(Buffer.alloc(100));
      return ends.near.destroyed;
    });
    expect(writer.write(Buffer.alloc(100))).toBe(false);
    expect(done).toBe(0);
  });

  it('says whether the other end had to make room', async () => {
    await using connections = new Connections();
    const ends = await connections.open();
    const waits: boolean[] = [];
    const writer = new SocketWriter(ends.near, (wasFull) => waits.push(wasFull));
    const pump = (): void => {
      while (!writer.isBusy) writer.write(Buffer.alloc(1_000_000));
    };
    pump();
    ends.far.resume();
    await until(() => waits.length === 1);
    // Behind what the socket itself still has to write there is no telling.
    ends.near.write(Buffer.alloc(20_000_000));
    if (!writer.isBusy) writer.write(Buffer.from([1]));
    await until(() => waits.length === 2);
    expect(waits).toEqual([true, false]);
  });

  it('never writes to the descriptor below an encrypted connection', async () => {
    // A shared key in place of certificates (RFC 4279).
    const psk = Buffer.alloc(32, 7);
    const common = {
      ciphers: 'PSK-AES128-GCM-SHA256',
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
    } as const;
    const server = createTlsServer({ ...common, pskCallback: () => psk });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const secured = once(server, 'secureConnection');
    const far = connectTls({
      ...common,
      host: '127.0.0.1',
      port,
      pskCallback: () => ({ psk, identity: 'viewer' }),
      checkServerIdentity: () => undefined,
    });
    try {
      const [near] = (await secured) as [Socket];
      const writer = new SocketWriter(near, () => undefined);
      const sent = Array.from({ length: 20 }, (_, number) => frame(number));
      let received = 0;
      const parts: Buffer[] = [];
      far.on('data', (data) => {
        parts.push(data);
        received += data.byteLength;
      });
      for (const each of sent) {
        writer.write(each);
        await until(() => !writer.isBusy);
      }
      const all = Buffer.concat(sent);
      await until(() => received === all.byteLength);
      expect(Buffer.concat(parts).equals(all)).toBe(true);
    } finally {
      far.destroy();
      server.close();
    }
  });
});
