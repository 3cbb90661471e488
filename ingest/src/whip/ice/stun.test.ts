import { describe, expect, it } from 'vitest';
import { bindingSuccess, isSignedWith, readBindingRequest } from './stun.js';

const bytes = (hex: string): Buffer => Buffer.from(hex.replace(/\s/g, ''), 'hex');
/** RFC 5769 2.1, 2.2. */
const PASSWORD = 'VOkJxbRl1RmTxUk/WvJxBt';
const REQUEST = bytes(`
  00 01 00 58 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
  80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74
  00 24 00 04 6e 00 01 ff 80 29 00 08 93 2f f9 b1 51 26 3b 36
  00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20
  00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2
  80 28 00 04 e5 7a 3b cf`);
const MAPPED = { v4: bytes('0001a147e112a643'), v6: bytes('0002a1470113a9faa5d3f179bc25f4b5bed2b9d9') };

describe('a check', () => {
  it('is read, and its signature holds', () => {
    expect(readBindingRequest(REQUEST)).toMatchObject({ askedFor: 'evtj', isNominating: false });
    expect(isSignedWith(REQUEST, PASSWORD)).toBe(true);
  });

  it('is not believed with another password, or another byte', () => {
    expect(isSignedWith(REQUEST, 'another')).toBe(false);
    for (let at = 0; at < REQUEST.byteLength - 8; at++) {
      const changed = Buffer.from(REQUEST);
      changed[at]! ^= 1;
      expect(isSignedWith(changed, PASSWORD)).toBe(false);
    }
  });

  it('says nothing behind its signature', () => {
    const longer = Buffer.concat([REQUEST, bytes('00 25 00 00')]);
    longer.writeUInt16BE(REQUEST.readUInt16BE(2) + 4, 2);
    expect(isSignedWith(longer, PASSWORD)).toBe(true);
    expect(readBindingRequest(longer)?.isNominating).toBe(false);
  });

  it('is not read beyond its end', () => {
    for (let size = 0; size < REQUEST.byteLength; size++) {
      expect(readBindingRequest(REQUEST.subarray(0, size))).toBeUndefined();
      expect(isSignedWith(REQUEST.subarray(0, size), PASSWORD)).toBe(false);
    }
  });
});

it.each([
  ['192.0.2.1', MAPPED.v4],
  ['::ffff:192.0.2.1', MAPPED.v4],
  ['2001:db8:1234:5678:11:2233:4455:6677', MAPPED.v6],
])('the answer to %s says where it came from', (address, mapped) => {
  const transaction = REQUEST.subarray(8, 20);
  const answer = Buffer.from(bindingSuccess(transaction, { address, port: 32_853 }, PASSWORD));
  expect(answer.readUInt16BE(0)).toBe(0x0101);
  expect(answer.readUInt16BE(2)).toBe(answer.byteLength - 20);
  expect(answer.subarray(24, 24 + mapped.byteLength)).toEqual(mapped);
  expect(isSignedWith(answer, PASSWORD)).toBe(true);
});
