import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { endWithUs } from '@topicast/test/end-with-us';
import type { BadNetwork } from '@topicast/test/network/bad-network';
import { temporaryFolder } from '@topicast/test/temporary';

/** A MediaMTX at the server's end of the network, for its WebRTC and its low-latency HLS. */
export interface MediaMtx extends AsyncDisposable {
  /** Where an encoder at the server's end publishes the stream. */
  readonly publishTo: string;
  /** Where viewers ask for it. */
  readonly whep: string;
  readonly llhls: string;
}

/** What others have measured on such a link, for runs without MediaMTX. */
export const MEASURED_ELSEWHERE = `MediaMTX, WHEP, measured elsewhere (MEDIAMTX_PATH names a binary to measure here):
  25 ms each way: p50 103 to 114, p95 120 to 130 ms, no freezes
  25 ms each way, loss 1 %: p50 121 to 221, p95 154 to 255 ms, 0 to 2 freezes a minute
MediaMTX, LL-HLS:
  no delay: p50 872, p95 889 ms, no freezes
  25 ms each way, loss 1 %: p50 1724, p95 3540 ms, 4.5 freezes a minute
`;

const STREAM = 'clock';
const PORTS = { rtsp: 8554, webrtc: 8889, hls: 8888 };
const SETTINGS = {
  ...{ rtmp: false, srt: false, rtspTransports: ['tcp'] },
  ...{ hlsAddress: `:${PORTS.hls}`, hlsVariant: 'lowLatency', hlsAlwaysRemux: true },
  ...{ rtspAddress: `:${PORTS.rtsp}`, webrtcAddress: `:${PORTS.webrtc}` },
  paths: { [STREAM]: {} },
};

/** @throws {Error} with one line, if there is no such program, or it does not start */
export async function startMediaMtx(network: BadNetwork, program: string): Promise<MediaMtx> {
  if (!existsSync(program)) throw new Error(`MEDIAMTX_PATH: there is no file ${program}`);
  const folder = temporaryFolder();
  const settings = path.join(folder.path, 'mediamtx.yml');
  // JSON is YAML.
  writeFileSync(settings, JSON.stringify(SETTINGS));
  const [command, ...args] = network.server([program, settings]);
  const child = spawn(command, args, { cwd: folder.path, stdio: ['ignore', 'pipe', 'inherit'] });
  endWithUs(child);
  await listening(createInterface(child.stdout));
  child.stdout.resume();
  return {
    publishTo: `rtsp://127.0.0.1:${PORTS.rtsp}/${STREAM}`,
    whep: `http://${network.serverAddress}:${PORTS.webrtc}/${STREAM}/whep`,
    llhls: `http://${network.serverAddress}:${PORTS.hls}/${STREAM}/index.m3u8`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      folder[Symbol.dispose]();
    },
  };
}

/** It writes a line for each protocol once it listens, in words that differ from version to version. */
async function listening(lines: ReturnType<typeof createInterface>): Promise<void> {
  let last = '';
  const awaited = new Set(['[RTSP]', '[WebRTC]', '[HLS]']);
  for await (const line of lines) {
    last = line;
    const protocol = [...awaited].find((name) => line.includes(name) && /listener/.test(line));
    if (protocol) awaited.delete(protocol);
    if (awaited.size === 0) return;
  }
  throw new Error(`MediaMTX has ended: ${last}`);
}
