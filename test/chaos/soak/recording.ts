import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ticks90k } from '@topicast/contracts/units';
import type { NewRecord } from '@topicast/log';
import { type Chunk, Chunker } from '@topicast/media/mpegts';
import { FFMPEG } from '@topicast/test/ffprobe';

const SECONDS = 10;
const TICKS = SECONDS * 90_000;
const INPUTS = `-f lavfi -i testsrc2=s=640x360:r=30 -f lavfi -i sine=f=330:r=48000 -t ${SECONDS}`;
const VIDEO =
  '-c:v libx264 -preset veryfast -tune zerolatency -bf 0 -g 30 -sc_threshold 0 -b:v 700k -pix_fmt yuv420p';
const OUTPUT =
  '-c:a aac -b:a 64k -f mpegts -muxdelay 0 -muxpreload 0 -pes_payload_size 0 -omit_video_pes_length 0';

/** Ten seconds of picture and sound, cut into chunks once and played over and over. */
export class Recording {
  readonly #chunks: readonly Chunk[];

  private constructor(chunks: readonly Chunk[]) {
    this.#chunks = chunks;
  }

  static async make(): Promise<Recording> {
    const chunks: Chunk[] = [];
    const chunker = new Chunker((chunk) => chunks.push(chunk));
    const words = `-v error -nostdin ${INPUTS} ${VIDEO} ${OUTPUT} pipe:1`.split(' ');
    const ffmpeg = spawn(FFMPEG, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    ffmpeg.stdout.on('data', (data: Buffer) => chunker.push(data));
    const [code] = (await once(ffmpeg, 'close')) as [number | null];
    if (code !== 0) throw new Error('the recording could not be made');
    chunker.end();
    return new Recording(chunks);
  }

  /** When a chunk is due, seconds after the beginning. */
  dueAt(sequence: number): number {
    return this.#timeOf(sequence) / 90_000;
  }

  /** A chunk of an endless stream; the clock in its packets starts over in each round. */
  record(sequence: number, session: number, wallClock: NewRecord['header']['wallClock']): NewRecord {
    const chunk = this.#chunks[sequence % this.#chunks.length]!;
    const { keyframe, audioOnly, sinceKeyframe, presentationOffset, data } = chunk;
    return {
      header: {
        ...{ keyframe, audioOnly, sinceKeyframe, presentationOffset, sequence, session, wallClock },
        gop: 0,
        discontinuity: sequence % this.#chunks.length === 0,
        decodeTime: ticks90k(this.#timeOf(sequence)),
      },
      value: data,
    };
  }

  #timeOf(sequence: number): number {
    const first = this.#chunks[0]!.decodeTime;
    const rounds = Math.floor(sequence / this.#chunks.length);
    return rounds * TICKS + this.#chunks[sequence % this.#chunks.length]!.decodeTime - first;
  }
}
