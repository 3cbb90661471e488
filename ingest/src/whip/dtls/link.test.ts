import { setImmediate as turn } from 'node:timers/promises';
import { until } from '@topicast/test/poll';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, newCertificate } from './certificate.js';
import { DtlsLink, type SrtpKeys } from './link.js';

let certificates: { readonly ours: Certificate; readonly theirs: Certificate };
beforeAll(async () => {
  certificates = { ours: await newCertificate(), theirs: await newCertificate() };
});

interface Pair extends Disposable {
  readonly keys: { ours?: SrtpKeys; theirs?: SrtpKeys };
  readonly ends: (string | undefined)[];
  readonly server: DtlsLink;
  readonly client: DtlsLink;
}

/** Two ends, and what the network does to each packet on the way to the server. */
function connect(
  onWay: (packet: Uint8Array, index: number) => readonly Uint8Array[] = (packet) => [packet],
): Pair {
  const keys: Pair['keys'] = {};
  const ends: (string | undefined)[] = [];
  let count = 0;
  const later = (work: () => void): void => void turn().then(work);
  const server: DtlsLink = new DtlsLink({
    ...{ certificate: certificates.ours, role: 'server', fingerprint: certificates.theirs.fingerprint },
    send: (packet) => later(() => client.push(packet)),
    onKeys: (found) => {
      keys.ours = found;
    },
    onEnd: (why) => ends.push(why),
  });
  const client: DtlsLink = new DtlsLink({
    ...{ certificate: certificates.theirs, role: 'client', fingerprint: certificates.ours.fingerprint },
    send: (packet) => {
      for (const each of onWay(packet, count++)) later(() => server.push(each));
    },
    onKeys: (found) => {
      keys.theirs = found;
    },
    onEnd: () => undefined,
  });
  client.start();
  return {
    ...{ keys, ends, server, client },
    [Symbol.dispose]() {
      client.close();
      server.close();
    },
  };
}

describe('two ends', () => {
  it('agree on keys, and say goodbye', async () => {
    using pair = connect();
    await until('both have keys', () => pair.keys.ours && pair.keys.theirs);
    expect(pair.keys.ours).toEqual({ local: pair.keys.theirs!.remote, remote: pair.keys.theirs!.local });
    pair.client.close();
    await until('the other one knows', () => pair.ends.length > 0);
    expect(pair.ends).toEqual([undefined]);
  });

  it('agree although a stranger says hello in between, and after it', async () => {
    const hellos: Uint8Array[] = [];
    using pair = connect((packet, index) => {
      if (index < 2) hellos.push(packet);
      return [packet];
    });
    await until('both have keys', () => pair.keys.ours && pair.keys.theirs);
    const before = pair.keys.ours;
    for (const hello of hellos) pair.server.push(hello);
    await turn();
    expect(pair.keys.ours).toBe(before);
    expect(pair.ends).toEqual([]);
  });
});

it('is not ended by a stranger, and tells what the peer refuses', async () => {
  const forged = [
    // close_notify in clear; the same, called encrypted; as long as an encrypted one; a kind of record that nobody knows.
    '15fefd000000000000000500020100',
    '15fefd000100000000000500020100',
    `15fefd0001000000000005001a${'01'.repeat(26)}`,
    '18fefd000100000000000500020100',
    '3ffefd000000000000000500020100',
  ].map((hex) => Buffer.from(hex, 'hex'));
  using pair = connect((packet, index) => (index === 1 ? [...forged, packet] : [packet]));
  await until('both have keys', () => pair.keys.ours && pair.keys.theirs);
  for (const each of forged) pair.server.push(each);
  await turn();
  expect(pair.ends).toEqual([]);
  pair.client.close();
  await until('the real one is believed', () => pair.ends.length > 0);

  const refused = new DtlsLink({
    ...{ certificate: certificates.ours, role: 'server', fingerprint: certificates.theirs.fingerprint },
    ...{ send: () => undefined, onKeys: () => undefined, onEnd: () => undefined },
  });
  refused.push(Buffer.from('15fefd000000000000000000020228', 'hex'));
  expect(refused.problem).toContain('alert 40');
  refused.close();
});

it('takes no memory that a message only promises', async () => {
  using pair = connect();
  const record = (message: string): Buffer =>
    Buffer.from(
      `16fefd000000000000000000${(message.length / 2).toString(16).padStart(2, '0')}${message}`,
      'hex',
    );
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 100; i++) {
    pair.server.push(record('0bffffff0000000000000001aa'));
    pair.server.push(record('0bffffff0000fffffe000001aa'));
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20);
});

it('nothing throws, whatever comes, and nobody gets other keys', async () => {
  const damage = fc.array(fc.tuple(fc.nat(8), fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 });
  const nonsense = fc.array(fc.tuple(fc.integer({ min: 20, max: 63 }), fc.uint8Array({ maxLength: 80 })), {
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(damage, nonsense, async (changes, more) => {
      using pair = connect((packet, index) => {
        const changed = Buffer.from(packet);
        for (const [which, at, value] of changes) {
          if (which === index && at < changed.byteLength) changed[at] = value;
        }
        return [changed, ...more.map(([first, rest]) => Uint8Array.of(first, ...rest))];
      });
      for (let i = 0; i < 30; i++) await turn();
      const { ours, theirs } = pair.keys;
      if (ours && theirs) expect(ours.local).toEqual(theirs.remote);
    }),
    { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 40) },
  );
});
