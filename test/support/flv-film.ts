import { execFileSync } from 'node:child_process';
import { FFMPEG } from './ffprobe.js';
export const PICTURE = '-f lavfi -i testsrc2=s=320x180:r=30';
export const SOUND = '-f lavfi -i sine=f=440:r=48000';
export const X264 = '-c:v libx264 -preset ultrafast -tune zerolatency -g 30 -pix_fmt yuv420p';
export const AAC = '-c:a aac -b:a 96k';

/** FLV made by a real ffmpeg. */
export const flvFilm = (options: string): Uint8Array => run(`${options} -f flv`);

export function run(options: string, input?: Uint8Array): Uint8Array {
  const args = `-v error -nostdin ${options} pipe:1`.split(/\s+/);
  const found = execFileSync(FFMPEG, args, {
    maxBuffer: 1 << 28,
    ...(input && { input }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return new Uint8Array(found);
}

/** What an encoder would publish. */
interface FlvMessage {
  readonly kind: 'video' | 'audio';
  /** Milliseconds. */
  readonly timestamp: number;
  readonly body: Uint8Array;
}

/**
 * The messages that a publisher would send for it (Adobe FLV 10.1, E.4.1):
 *
 *   type 8 | size 24 | time 24, and its upper 8 bits | stream 24 | data | size of all that 32
 */
export function messagesOf(flv: Uint8Array): FlvMessage[] {
  const view = new DataView(flv.buffer, flv.byteOffset, flv.byteLength);
  const messages: FlvMessage[] = [];
  for (let at = 9 + 4; at + 11 <= flv.byteLength; ) {
    const type = flv[at];
    const size = view.getUint32(at) & 0xff_ffff;
    const timestamp = flv[at + 7]! * 0x100_0000 + (view.getUint32(at + 3) & 0xff_ffff);
    const body = flv.subarray(at + 11, at + 11 + size);
    if (type === 8 || type === 9) messages.push({ kind: type === 9 ? 'video' : 'audio', timestamp, body });
    at += 11 + size + 4;
  }
  return messages;
}
