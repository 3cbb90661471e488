import { TYPE } from '@topicast/rtmp';
import { flvFilm, messagesOf, PICTURE, X264 } from '@topicast/test/flv-film';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { singleMessages } from './aggregate.js';

/** The header of an FLV file, and the first back pointer. */
const FILE_HEAD_BYTES = 13;

describe('an aggregate', () => {
  it('holds what a file of FLV holds, moved to its own time', () => {
    const film = flvFilm(`${PICTURE} ${X264} -t 1 -flvflags no_metadata`);
    const inside = messagesOf(film);
    const begin = 0xffff_fff0;
    const body = film.subarray(FILE_HEAD_BYTES);
    const found = [...singleMessages({ type: TYPE.aggregate, timestamp: begin, streamId: 1, body })];
    expect(found).toEqual(
      inside.map(({ kind, timestamp, body }) => ({
        type: TYPE[kind],
        timestamp: (begin + timestamp - inside[0]!.timestamp) >>> 0,
        ...{ streamId: 1, body },
      })),
    );
  });

  it('may hold anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(0xffff_ffff), (body, timestamp) => {
        const found = [...singleMessages({ type: TYPE.aggregate, timestamp, streamId: 1, body })];
        const bytes = found.reduce((sum, message) => sum + message.body.byteLength + 11, 0);
        expect(bytes).toBeLessThanOrEqual(body.byteLength);
      }),
    );
  });

  it('is the message itself if it is none', () => {
    const message = { type: TYPE.video, timestamp: 7, streamId: 1, body: Uint8Array.of(1) };
    expect([...singleMessages(message)]).toEqual([message]);
  });
});
