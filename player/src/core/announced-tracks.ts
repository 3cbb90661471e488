export interface AnnouncedTracks {
  readonly video: boolean;
  readonly audio: boolean;
}

const PACKET_BYTES = 188;
const TABLE_PMT = 0x02;
const STREAM_TYPE_H264 = 0x1b;
const STREAM_TYPE_AAC = 0x0f;

/**
 * Which tracks a keyframe chunk announces. Media Source Extensions want all source buffers before the first init
 * segment is parsed, and the first sound may come a few chunks after the first picture.
 *
 * A keyframe chunk begins with PAT and PMT, one packet each. PMT: ISO 13818-1 2.4.4.8.
 */
export function announcedTracks(chunk: Uint8Array): AnnouncedTracks | undefined {
  const packet = chunk.subarray(PACKET_BYTES, 2 * PACKET_BYTES);
  const hasAdaptationField = ((packet[3] ?? 0) & 0x20) !== 0;
  let at = hasAdaptationField ? 5 + (packet[4] ?? 0) : 4;
  at += 1 + (packet[at] ?? 0); // pointer_field
  if (packet[at] !== TABLE_PMT) return undefined;
  const length12 = (index: number): number => (((packet[index] ?? 0) & 0x0f) << 8) | (packet[index + 1] ?? 0);
  const end = Math.min(at + 3 + length12(at + 1) - 4, packet.byteLength);
  const types = new Set<number | undefined>();
  let stream = at + 12 + length12(at + 10);
  while (stream + 5 <= end) {
    types.add(packet[stream]);
    stream += 5 + length12(stream + 3);
  }
  const announced = { video: types.has(STREAM_TYPE_H264), audio: types.has(STREAM_TYPE_AAC) };
  return announced.video || announced.audio ? announced : undefined;
}
