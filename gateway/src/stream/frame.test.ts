import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { encodeFrame, Opcode } from './frame.js';

// The reference is the ws library's own framing, which neither its types nor its ES module show.
type Frame = (payload: Buffer, options: object) => Buffer[];
const { Sender } = createRequire(import.meta.url)('ws') as { Sender: { frame: Frame } };

it.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('frames %i bytes as RFC 6455 5.2 says', (length) => {
  const payload = Buffer.alloc(length, 7);
  const parts = Sender.frame(payload, { fin: true, opcode: Opcode.binary, mask: false, readOnly: true });
  expect(encodeFrame(Opcode.binary, payload).equals(Buffer.concat(parts))).toBe(true);
});

it('frames a text', () => {
  expect(encodeFrame(Opcode.text, '{}').toString('hex')).toBe('81027b7d');
});
