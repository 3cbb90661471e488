const SAMPLE_RATE = 48_000;

/**
 * The identification header of Opus in its usual order of channels (RFC 7845 5.1), whose numbers are little-endian:
 *
 *   "OpusHead" | version 1 | channels | pre-skip 16 | input sample rate 32 | gain 16 | mapping family 0
 */
export function opusHead(channels: number): Uint8Array {
  const head = new Uint8Array(19);
  head.set([...'OpusHead'].map((letter) => letter.charCodeAt(0)));
  const view = new DataView(head.buffer);
  view.setUint8(8, 1);
  view.setUint8(9, channels);
  view.setUint32(12, SAMPLE_RATE, true);
  return head;
}
