import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import { milliseconds, TICKS_PER_SECOND } from '@topicast/contracts/units';
import type { ChunkLog } from '@topicast/log';
import { type Chunk, Chunker } from '@topicast/media/mpegts';
import { appender } from './appender.js';
import { FRAME_RATE, type Sound, startBarcodeEncoder } from './barcode-encoder.js';

const TICKS_A_PICTURE = TICKS_PER_SECOND / FRAME_RATE;
const H264 = [
  ...['libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '30'],
  ...['-b:v', '3M', '-maxrate', '3M', '-bufsize', '1500k'],
];

export interface BarcodeSource {
  readonly id: StreamId;
  /** Stop the encoder for a while. Afterwards, all pictures of that time come out at once. */
  hang(ms: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * A stream of 720p30 in which every picture carries the time when it was made; by default with AAC.
 * @param height less than 720, for a machine that has to decode many of them
 * @param publishTo an RTSP address to which it goes as well
 */
export async function startBarcodeSource(
  log: ChunkLog,
  name: string,
  {
    audio = 'aac',
    height,
    publishTo,
  }: {
    audio?: Sound | 'none' | undefined;
    height?: number | undefined;
    publishTo?: string | undefined;
  } = {},
): Promise<BarcodeSource> {
  const id = streamId(name);
  await log.createTopic(id, { partitions: 1, retentionMs: milliseconds(600_000) });
  const sound = audio === 'none' ? undefined : audio;
  const encoder = startBarcodeEncoder({ video: H264, audio: sound, height, publishTo });
  const publish = publisher(log, id, encoder.startedAt, encoder.drawn);
  const chunker = new Chunker((chunk) => publish(chunk));
  encoder.output.on('data', (data: Buffer) => chunker.push(data));
  return { id, hang: encoder.hang, close: encoder.close };
}

function publisher(
  log: ChunkLog,
  id: StreamId,
  session: number,
  drawn: readonly number[],
): (chunk: Chunk) => void {
  const append = appender(log, id, session);
  let wallClock = session;
  return (chunk) => {
    if (!chunk.audioOnly) wallClock = drawn[Math.floor(chunk.decodeTime / TICKS_A_PICTURE)] ?? wallClock;
    append(chunk, wallClock);
  };
}
