import { expect, it } from 'vitest';
import { Sender } from 'ws';
import { encodeFrame, Opcode } from './frame.js';

// The reference is the ws library's own framing.
it.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('frames %i bytes as RFC 6455 5.2 says', (length) => {
  const payload = Buffer.alloc(length, 7);
  const parts = Sender.frame(payload, { fin: true, opcode: 2, mask: false, readOnly: true, rsv1: false });
  expect(encodeFrame(Opcode.binary, payload).equals(Buffer.concat(parts as Buffer[]))).toBe(true);
});

it('frames a text', () => {
  expect(encodeFrame(Opcode.text, '{}').toString('hex')).toBe('81027b7d');
});
