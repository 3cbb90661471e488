import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import { milliseconds, TICKS_PER_SECOND } from '@topicast/contracts/units';
import type { ChunkLog, NewRecord } from '@topicast/log';
import { type Chunk, Chunker } from '@topicast/media/mpegts';
import { FRAME_RATE, startBarcodeEncoder } from './barcode-encoder.js';

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

/** A stream of 720p30 in which every picture carries the time when it was made; by default with sound. */
export async function startBarcodeSource(
  log: ChunkLog,
  name: string,
  { audio = true }: { audio?: boolean } = {},
): Promise<BarcodeSource> {
  const id = streamId(name);
  await log.createTopic(id, { partitions: 1, retentionMs: milliseconds(600_000) });
  const encoder = startBarcodeEncoder(H264, audio);
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
  let waiting: NewRecord[] = [];
  let sending = false;
  let sequence = 0;
  let wallClock = session;
  const send = async () => {
    sending = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await log.append(id, 0, batch);
    }
    sending = false;
  };
  return ({ data, start: _, ...chunk }) => {
    if (!chunk.audioOnly) wallClock = drawn[Math.floor(chunk.decodeTime / TICKS_A_PICTURE)] ?? wallClock;
    const header = { ...chunk, session, sequence: sequence++, wallClock: milliseconds(wallClock), gop: 0 };
    waiting.push({ value: data, header });
    if (!sending) send().catch(() => undefined);
  };
}
