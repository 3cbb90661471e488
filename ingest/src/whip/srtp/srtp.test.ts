import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SrtcpSession, SrtpSession } from 'werift';
import { sessionKeys } from './keys.js';
import { SrtpReceiver } from './receiver.js';
import { SrtcpSender } from './sender.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

it('derives the keys of RFC 3711 B.3', () => {
  const master = { key: hex('E1F97A0D3E018BE0D64FA32C06DE4139'), salt: hex('0EC675AD498AFEEBB6960B3AABE6') };
  const { encryption, salt, authentication } = sessionKeys(master, 'rtp');
  expect(Buffer.from(encryption)).toEqual(hex('C61E7A93744F39EE10734AFE3FF7A087'));
  expect(Buffer.from(salt)).toEqual(hex('30CBBC08863D8C85D49DB34A9AE1'));
  expect(Buffer.from(authentication)).toEqual(hex('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4'));
});

const master = { key: Buffer.alloc(16, 3), salt: Buffer.alloc(14, 5) };
/** Somebody else's. */
const config = {
  keys: {
    localMasterKey: master.key,
    localMasterSalt: master.salt,
    remoteMasterKey: master.key,
    remoteMasterSalt: master.salt,
  },
  profile: 1,
} as const;

function packet(sequence: number, payload: Uint8Array, ssrc = 7): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = 96;
  header.writeUInt16BE(sequence % 65_536, 2);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, payload]);
}

/** As werift sends it, which counts the rounds of the sequence numbers itself. */
async function closed(packets: readonly Buffer[]): Promise<Buffer[]> {
  const { RtpPacket } = await import('werift');
  const session = new SrtpSession(config);
  return packets.map((each) => {
    const { payload, header } = RtpPacket.deSerialize(each);
    return session.encrypt(payload, header);
  });
}

describe('RTP', () => {
  it('is opened in any order, over any number of rounds', async () => {
    const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), {
      minLength: 2,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(
        payloads,
        fc.nat(65_535),
        fc.infiniteStream(fc.nat(3)),
        async (bodies, first, jumps) => {
          const sent = bodies.map((body, i) => packet(first + i, body));
          const encrypted = await closed(sent);
          const receiver = new SrtpReceiver(master);
          // The first one tells the round; those after it are a little out of order.
          const order = sent.map((_, i) => [i, i === 0 ? -1 : i + [...jumps.take(1)][0]!] as const);
          for (const [i] of order.sort(([, a], [, b]) => a - b))
            expect(Buffer.from(receiver.rtp(encrypted[i]!)!)).toEqual(sent[i]);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is not opened if a byte is changed, or cut off', async () => {
    const [encrypted] = await closed([packet(9, Buffer.from('a picture'))]);
    const receiver = new SrtpReceiver(master);
    for (let at = 0; at < encrypted!.byteLength; at++) {
      const changed = Buffer.from(encrypted!);
      changed[at]! ^= 1;
      expect(receiver.rtp(changed)).toBeUndefined();
      expect(receiver.rtp(encrypted!.subarray(0, at))).toBeUndefined();
    }
    expect(receiver.rtp(encrypted!)).toBeDefined();
  });

  it('is opened once, and not when it is too old', async () => {
    const sent = await closed(Array.from({ length: 3_000 }, (_, i) => packet(i, Buffer.from('x'))));
    const receiver = new SrtpReceiver(master);
    for (const each of sent) if (each !== sent[2_000]) expect(receiver.rtp(each)).toBeDefined();
    expect(sent.filter((each) => receiver.rtp(each))).toEqual([sent[2_000]]);
    const other = new SrtpReceiver(master);
    expect([sent[2_500], sent[0]].map((each) => other.rtp(each!) !== undefined)).toEqual([true, false]);
  });

  it('is of few sources', async () => {
    const sources = Array.from({ length: 20 }, (_, ssrc) => packet(1, Buffer.from('x'), ssrc + 1));
    const receiver = new SrtpReceiver(master);
    const opened = (await closed(sources)).map((each) => receiver.rtp(each));
    expect(opened.filter((each) => each !== undefined)).toHaveLength(8);
  });
});

describe('RTCP', () => {
  const report = hex('80c90001000000070000000a00000014');

  it('that we close is opened by somebody else, and theirs by us', () => {
    const theirs = new SrtcpSession(config);
    expect(theirs.decrypt(Buffer.from(new SrtcpSender(master).close(report)))).toEqual(report);
    const receiver = new SrtpReceiver(master);
    const closed = theirs.encrypt(report);
    expect(Buffer.from(receiver.rtcp(closed)!)).toEqual(report);
    // Repeated.
    expect(receiver.rtcp(closed)).toBeUndefined();
    // Another source, which counts for itself.
    const other = hex('80c90001000000080000000a00000014');
    expect(Buffer.from(receiver.rtcp(new SrtcpSender(master).close(other))!)).toEqual(other);
  });

  it('is not opened if a byte is changed, or cut off', () => {
    const closed = Buffer.from(new SrtcpSender(master).close(report));
    const receiver = new SrtpReceiver(master);
    for (let at = 0; at < closed.byteLength; at++) {
      const changed = Buffer.from(closed);
      changed[at]! ^= 1;
      expect(receiver.rtcp(changed)).toBeUndefined();
      expect(receiver.rtcp(closed.subarray(0, at))).toBeUndefined();
    }
  });
});
