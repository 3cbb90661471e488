import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ChunkReader } from './chunk-reader.js';
import { chunksOf } from './chunk-writer.js';
import { ClientHandshake, Handshake } from './handshake.js';
import { type Message, TYPE } from './message.js';
import { WireError } from './wire-error.js';

const FUZZ = { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 300) };
const LIMITS = { chunkStreams: 8, messageBytes: 1 << 20, pendingBytes: 1 << 20 };

const message: fc.Arbitrary<Message> = fc.record({
  type: fc.constantFrom(TYPE.audio, TYPE.video, TYPE.data, TYPE.command, TYPE.acknowledgement),
  timestamp: fc.oneof(fc.nat(100_000), fc.integer({ min: 0xff_fff0, max: 0xff_ffff }), fc.nat(2 ** 32 - 1)),
  streamId: fc.nat(3),
  body: fc.uint8Array({ maxLength: 2_000 }),
});

it('reads what it has written, with any size of the chunks and any times', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 10 }), fc.integer({ min: 128, max: 70_000 }), (sent, size) => {
      const reader = new ChunkReader(LIMITS);
      const body = Uint8Array.of(0, size >> 16, (size >> 8) & 0xff, size & 0xff);
      const announced = chunksOf({ type: TYPE.chunkSize, streamId: 0, body });
      const bytes = Buffer.concat([announced, ...sent.map((each) => chunksOf(each, size))]);
      const read: Message[] = [];
      // A message without a body is none.
      for (const got of reader.push(bytes)) read.push({ ...got, body: new Uint8Array(got.body) });
      const expected = sent.filter(({ body: { byteLength } }) => byteLength > 0);
      expect(read.slice(1).filter(({ body: { byteLength } }) => byteLength > 0)).toEqual(expected);
    }),
    FUZZ,
  );
});

it('shakes hands with itself, however the bytes are cut, and takes no byte too many', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4_000 }), (cut) => {
      const [client, server] = [new ClientHandshake(), new Handshake()];
      const answered = server.push(client.hello);
      const bytes = Buffer.concat([answered.reply, Buffer.from('next')]);
      let taken = 0;
      let reply: Uint8Array | undefined;
      for (let at = 0; at < bytes.byteLength && !reply; at += cut) {
        const done = client.push(bytes.subarray(at, at + cut));
        if (done) {
          reply = done.reply;
          taken = at + done.taken;
        }
      }
      expect(bytes.subarray(taken).toString()).toBe('next');
      expect(server.push(reply!).isDone).toBe(true);
    }),
    FUZZ,
  );
});

it('knows at the first byte that this is not RTMP', () => {
  expect(() => new ClientHandshake().push(Buffer.from('HTTP/1.1 400 Bad Request'))).toThrow(WireError);
});
