import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type StreamId, streamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import type { ChunkLog, NewRecord } from '@topicast/log';
import { Chunker } from '@topicast/media/mpegts';
import { FFMPEG } from './ffprobe.js';

const PACKET_BYTES = 188;
/** What ffmpeg numbers its tracks with. */
export const PIDS = { video: 0x100, audio: 0x101 } as const;

export interface EncoderSettings {
  readonly size?: string;
  readonly frameRate?: number;
  readonly video?: 'libx264' | 'none';
  readonly audio?: 'aac' | 'libopus' | 'none';
  /** Where the time stamps begin. */
  readonly timeOffsetS?: number;
}

/** A packet as it is, or changed; undefined: it is lost. */
type PacketFilter = (packet: Buffer, pid: number) => Buffer | undefined;

/** A test picture with sound, made by an encoder that can be replaced and disturbed while viewers watch. */
export class TestEncoder implements AsyncDisposable {
  readonly id: StreamId;
  /** What happens to the packets between the encoder and the chunker. */
  filter: PacketFilter = (packet) => packet;
  /** What happens to a chunk between the chunker and the log. */
  spoil: (value: Uint8Array) => Uint8Array = (value) => value;
  readonly #log: ChunkLog;
  #session = Date.now();
  #sequence = 0;
  #ffmpeg: ChildProcess | undefined;
  #chunker: Chunker | undefined;
  #waiting: NewRecord[] = [];
  #isSending = false;

  private constructor(log: ChunkLog, id: StreamId) {
    this.#log = log;
    this.id = id;
  }

  static async create(log: ChunkLog, name: string): Promise<TestEncoder> {
    const id = streamId(name);
    await log.createTopic(id, { partitions: 1, retentionMs: milliseconds(600_000) });
    return new TestEncoder(log, id);
  }

  /** Another encoder takes over: a new session. */
  async restart(settings: EncoderSettings = {}): Promise<void> {
    await this.stop();
    this.#session = Math.max(Date.now(), this.#session + 1);
    this.#sequence = 0;
    this.#chunker = undefined;
    this.#run(settings);
  }

  /** The source begins anew, with time stamps of its own, and the session goes on. */
  async jump(settings: EncoderSettings): Promise<void> {
    const chunker = this.#chunker;
    await this.stop();
    this.#chunker = chunker;
    this.#run(settings);
  }

  async stop(): Promise<void> {
    const ffmpeg = this.#ffmpeg;
    this.#ffmpeg = undefined;
    if (!ffmpeg || ffmpeg.exitCode !== null) return;
    ffmpeg.kill('SIGKILL');
    await once(ffmpeg, 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #run(settings: EncoderSettings): void {
    const ffmpeg = spawn(FFMPEG, argumentsFor(settings), { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#ffmpeg = ffmpeg;
    this.#chunker ??= this.#newChunker();
    const chunker = this.#chunker;
    let rest = Buffer.alloc(0);
    ffmpeg.stdout.on('data', (data: Buffer) => {
      if (this.#ffmpeg !== ffmpeg) return;
      const bytes = Buffer.concat([rest, data]);
      const whole = bytes.length - (bytes.length % PACKET_BYTES);
      for (let at = 0; at < whole; at += PACKET_BYTES) {
        const packet = bytes.subarray(at, at + PACKET_BYTES);
        const kept = this.filter(packet, packet.readUInt16BE(1) & 0x1fff);
        if (kept) chunker.push(kept);
      }
      rest = bytes.subarray(whole);
    });
  }

  #newChunker(): Chunker {
    const session = this.#session;
    return new Chunker(({ data, start: _, ...chunk }) => {
      const wallClock = milliseconds(Date.now());
      const header = { ...chunk, session, sequence: this.#sequence++, wallClock, gop: 0 };
      this.#waiting.push({ value: this.spoil(data), header });
      if (!this.#isSending) void this.#send();
    });
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#log.append(this.id, 0, batch).catch(() => undefined);
    }
    this.#isSending = false;
  }
}

function argumentsFor({
  size = '320x180',
  frameRate = 25,
  video = 'libx264',
  audio = 'aac',
  timeOffsetS = 0,
}: EncoderSettings): string[] {
  const options = ['-v error -nostdin'];
  if (video !== 'none') options.push(`-re -f lavfi -i testsrc2=s=${size}:r=${frameRate}`);
  if (audio !== 'none') options.push('-re -f lavfi -i sine=f=440:r=48000:samples_per_frame=1024');
  if (video !== 'none') {
    options.push(`-c:v ${video} -preset ultrafast -tune zerolatency -g ${frameRate} -b:v 600k -threads 1`);
    options.push('-pix_fmt yuv420p');
  }
  if (audio !== 'none') options.push(`-c:a ${audio} -b:a 64k`);
  options.push(`-output_ts_offset ${timeOffsetS}`);
  options.push('-muxdelay 0 -muxpreload 0 -max_interleave_delta 1 -flush_packets 1');
  options.push('-pes_payload_size 0 -omit_video_pes_length 0 -f mpegts pipe:1');
  return options.join(' ').split(' ');
}
