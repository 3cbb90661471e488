import { spawn } from 'node:child_process';

const FFMPEG = process.env.FFMPEG_PATH || 'ffmpeg';

/** What the ten-line producer of any tutorial reads from ffmpeg: its default multiplexer, x264's own GOP. */
export async function tutorialStream(seconds: number): Promise<Buffer> {
  const inputs = '-f lavfi -i testsrc2=s=320x180:r=25 -f lavfi -i sine=r=48000';
  const encoders = '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac';
  const args = `-v error -nostdin ${inputs} -t ${seconds} ${encoders} -f mpegts pipe:1`;
  const child = spawn(FFMPEG, args.split(' '), { stdio: ['ignore', 'pipe', 'inherit'] });
  const parts: Buffer[] = [];
  for await (const part of child.stdout) parts.push(part);
  return Buffer.concat(parts);
}

const PACKET_BYTES = 188;
/** ffmpeg's PID of the first track. */
const VIDEO_PID = 0x100;

/** The stream without one packet of a picture: the first packet after this share of the stream. */
export function withoutPacket(stream: Buffer, share: number): Buffer {
  let at = Math.floor((stream.byteLength * share) / PACKET_BYTES) * PACKET_BYTES;
  // No payload_unit_start_indicator: in the middle of the picture.
  while (stream.readUInt16BE(at + 1) !== VIDEO_PID) at += PACKET_BYTES;
  return Buffer.concat([stream.subarray(0, at), stream.subarray(at + PACKET_BYTES)]);
}
