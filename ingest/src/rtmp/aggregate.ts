import { type Message, TYPE } from '@topicast/rtmp';

const HEAD_BYTES = 11;
const BACK_POINTER_BYTES = 4;

/**
 * The messages inside an aggregate (Adobe RTMP 1.0, 7.1.6), or the message itself if it is none. Each has the head of an
 * FLV tag (Adobe FLV 10.1, E.4.1), and is followed by its size, which we do not need:
 *
 *   type 8 | size 24 | time 24, and its upper 8 bits | stream 24 | data | size of all that 32
 *
 * The first one has the time of the aggregate, whatever its own says, and the others follow it at their own distance. What
 * is cut short is left out.
 */
export function* singleMessages(message: Message): Generator<Message> {
  if (message.type !== TYPE.aggregate) {
    yield message;
    return;
  }
  const { body, timestamp, streamId } = message;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let shift: number | undefined;
  for (let at = 0; at + HEAD_BYTES <= body.byteLength; ) {
    const type = view.getUint8(at);
    const size = view.getUint32(at) & 0xff_ffff;
    const own = view.getUint8(at + 7) * 0x100_0000 + (view.getUint32(at + 3) & 0xff_ffff);
    const end = at + HEAD_BYTES + size;
    if (end > body.byteLength) return;
    shift ??= timestamp - own;
    // An aggregate inside an aggregate is nothing that the specification knows, and is not looked into.
    yield { type, timestamp: (own + shift) >>> 0, streamId, body: body.subarray(at + HEAD_BYTES, end) };
    at = end + BACK_POINTER_BYTES;
  }
}
