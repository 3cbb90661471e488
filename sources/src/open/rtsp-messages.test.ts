import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerOf, mediaMessage, RtspMessages, withHeader } from './rtsp-messages.js';

const text = fc.record({ body: fc.string({ maxLength: 40 }), cseq: fc.nat(99) }).map(({ body, cseq }) => {
  const bytes = Buffer.from(body);
  const length = bytes.length > 0 ? `content-LENGTH: ${bytes.length}\r\n` : '';
  return Buffer.concat([Buffer.from(`RTSP/1.0 200 OK\r\nCSeq: ${cseq}\r\n${length}\r\n`), bytes]);
});
const media = fc
  .tuple(fc.nat(255), fc.uint8Array({ maxLength: 300 }))
  .map(([channel, payload]) => mediaMessage(channel, Buffer.from(payload)));

describe('RtspMessages', () => {
  it('gives the same messages, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(text, media), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (messages, sizes) => {
          const bytes = Buffer.concat(messages);
          const reader = new RtspMessages();
          const read: Buffer[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
            const size = sizes[turn % sizes.length]!;
            read.push(
              ...reader.push(bytes.subarray(at, at + size)).map((message) => Buffer.from(message.bytes)),
            );
            at += size;
          }
          expect(read).toEqual(messages);
          expect(reader.takeRest()).toHaveLength(0);
        },
      ),
    );
  });

  it('takes neither a head nor a body without an end', () => {
    const reader = new RtspMessages();
    expect(() => {
      for (let turn = 0; turn < 100; turn += 1) reader.push(Buffer.alloc(1_000, 'a'));
    }).toThrow('too long');
    for (const length of ['999999999', '-1', 'x']) {
      expect(() =>
        new RtspMessages().push(Buffer.from(`OPTIONS\r\nContent-Length: ${length}\r\n\r\n`)),
      ).toThrow();
    }
  });

  it('changes one header, and nothing else', () => {
    const [message] = new RtspMessages().push(
      Buffer.from('SETUP rtsp://a/ RTSP/1.0\r\ntransport: old\r\nCSeq: 4\r\nContent-Length: 2\r\n\r\nab'),
    );
    if (message?.kind !== 'text') throw new Error('no text');
    expect(headerOf(message.head, 'Transport')).toBe('old');
    expect(withHeader(message, 'Transport', 'new').toString()).toBe(
      'SETUP rtsp://a/ RTSP/1.0\r\nTransport: new\r\nCSeq: 4\r\nContent-Length: 2\r\n\r\nab',
    );
  });
});
