import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import { endWithUs } from './end-with-us.js';
import { freePorts } from './free-ports.js';
import { until } from './poll.js';
import { temporaryFolder } from './temporary.js';

/** Where Debian puts it. */
const MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

/** Why there is none; undefined: there is one. */
export const nginxRtmpUnavailable = existsSync(MODULE) ? undefined : 'no nginx with its RTMP module';

interface NginxRtmp extends AsyncDisposable {
  readonly port: number;
  /**
   * @param application `live`: players get what comes; `waiting`: they get pictures from the next keyframe on;
   * `recording`: it is kept; `guarded`: `mayPublish` is asked
   */
  readonly address: (application: 'live' | 'waiting' | 'recording' | 'guarded', stream: string) => string;
  /** What was published to `recording`, as FLV: one for each connection, the first one first. */
  readonly recordings: () => Buffer[];
}

interface NginxRtmpOptions {
  /** Absent: a free one. */
  readonly port?: number;
  /** Asked for each stream that is published to `guarded`, by its name. */
  readonly mayPublish?: (stream: string) => boolean;
}

/** A real RTMP server. */
export async function startNginxRtmp({
  port: wanted,
  mayPublish,
}: NginxRtmpOptions = {}): Promise<NginxRtmp> {
  const folder = temporaryFolder();
  const port = wanted ?? (await freePorts(1))[0]!;
  const guard = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => {
      body += data;
    });
    request.once('end', () => {
      response.statusCode = mayPublish?.(new URLSearchParams(body).get('name') ?? '') ? 200 : 403;
      response.end();
    });
  });
  await once(guard.listen(0, '127.0.0.1'), 'listening');
  const asked = `http://127.0.0.1:${(guard.address() as AddressInfo).port}/`;
  const kept = path.join(folder.path, 'kept');
  mkdirSync(kept);
  const configuration = path.join(folder.path, 'nginx.conf');
  writeFileSync(
    configuration,
    `load_module ${MODULE};
daemon off; master_process off; error_log stderr error; pid ${folder.path}/pid;
events {}
rtmp { server {
  listen 127.0.0.1:${port};
  application live { live on; }
  application waiting { live on; wait_key on; }
  application recording { live on; record all; record_path ${kept}; record_unique on; }
  application guarded { live on; on_publish ${asked}; }
} }
`,
  );
  const child = spawn('nginx', ['-p', folder.path, '-c', configuration], { stdio: 'ignore' });
  endWithUs(child);
  await until('nginx takes connections', async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect').finally(() => socket.destroy());
    return true;
  });
  return {
    port,
    address: (application, stream) => `rtmp://127.0.0.1:${port}/${application}/${stream}`,
    recordings: () =>
      readdirSync(kept)
        .map((name) => path.join(kept, name))
        .sort((a, b) => statSync(a).birthtimeMs - statSync(b).birthtimeMs)
        .map((file) => readFileSync(file)),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      guard.close();
      guard.closeAllConnections();
      folder[Symbol.dispose]();
    },
  };
}
