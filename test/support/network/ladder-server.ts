/**
 * The server's end of a bad network, as a process of its own: a gateway, and a stream in three renditions of 3, 1.2 and
 * 0.5 Mbit/s, on one embedded log. The pictures are small and noisy, so that they need these bitrates but little of the
 * machine. Its parent learns the gateway's port when the stream is live; it ends with its parent.
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { streamId } from '@topicast/contracts/stream-id';
import { FFMPEG } from '../ffprobe.js';
import { OPERATOR_TOKEN, startServices } from '../services.js';
import { temporaryFolder } from '../temporary.js';

const [id = 'ladder'] = process.argv.slice(2);
const folder = temporaryFolder();
const file = path.join(folder.path, 'noise.mp4');
const noise = ['-f', 'lavfi', '-i', 'testsrc2=s=480x270:r=30,noise=alls=30:allf=t'];
const tone = ['-f', 'lavfi', '-i', 'sine=f=440:r=48000'];
const encoding = ['-t', '10', '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '18', '-c:a', 'aac'];
execFileSync(FFMPEG, ['-v', 'error', '-nostdin', ...noise, ...tone, ...encoding, file]);

const services = await startServices({
  environment: { TOPICAST_HOST: '0.0.0.0', TOPICAST_TOKEN: OPERATOR_TOKEN },
  inputs: [
    {
      id: streamId(id),
      title: id,
      source: { kind: 'file', path: file },
      ladder: [
        { height: 270, bitrate: 2_700_000 },
        { height: 216, bitrate: 900_000 },
        { height: 162, bitrate: 300_000 },
      ],
    },
  ],
});
await services.untilState(id, 'live');
process.once('disconnect', async () => {
  await services.close();
  folder[Symbol.dispose]();
  process.exit();
});
process.send?.(services.gateway.port);
