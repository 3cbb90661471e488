import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { FFMPEGS } from './film.js';

const PACKET_BYTES = 188;
const PIDS = { video: 0x100, audio: 0x101 } as const;

/** Pictures and sound in MPEG-TS as they are made, of which either can be missing. */
export class LiveFilm implements AsyncDisposable {
  /** What is announced, and does not come. */
  missing: keyof typeof PIDS | undefined;
  readonly #encoder: ChildProcess;
  readonly #followers = new Set<(packets: Buffer) => void>();
  #rest = Buffer.alloc(0);

  constructor() {
    const inputs = ['-re', '-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25'];
    const tone = ['-re', '-f', 'lavfi', '-i', 'sine=f=440:r=48000'];
    const coded = '-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 25 -c:a aac'.split(
      ' ',
    );
    this.#encoder = spawn(
      FFMPEGS[0]!.path,
      ['-v', 'error', '-nostdin', ...inputs, ...tone, ...coded, '-f', 'mpegts', 'pipe:1'],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    this.#encoder.stdout!.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  /** @returns what ends it */
  follow(send: (packets: Buffer) => void): () => void {
    this.#followers.add(send);
    return () => this.#followers.delete(send);
  }

  #take(bytes: Buffer): void {
    const all = Buffer.concat([this.#rest, bytes]);
    const whole = all.length - (all.length % PACKET_BYTES);
    this.#rest = all.subarray(whole);
    const missing = this.missing && PIDS[this.missing];
    const packets = Array.from({ length: whole / PACKET_BYTES }, (_, n) =>
      all.subarray(n * PACKET_BYTES, (n + 1) * PACKET_BYTES),
    ).filter((packet) => (packet.readUInt16BE(1) & 0x1fff) !== missing);
    if (packets.length > 0) for (const send of this.#followers) send(Buffer.concat(packets));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#encoder.kill('SIGKILL');
    if (this.#encoder.exitCode === null && this.#encoder.signalCode === null)
      await once(this.#encoder, 'exit');
  }
}
