import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
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
  /** @param application `live`: players get what comes; `waiting`: they get pictures from the next keyframe on */
  readonly address: (application: 'live' | 'waiting', stream: string) => string;
}

/** A real RTMP server. */
export async function startNginxRtmp(): Promise<NginxRtmp> {
  const folder = temporaryFolder();
  const [port] = await freePorts(1);
  const configuration = path.join(folder.path, 'nginx.conf');
  writeFileSync(
    configuration,
    `load_module ${MODULE};
daemon off; master_process off; error_log stderr error; pid ${folder.path}/pid;
events {}
rtmp { server { listen 127.0.0.1:${port}; application live { live on; } application waiting { live on; wait_key on; } } }
`,
  );
  const child = spawn('nginx', ['-p', folder.path, '-c', configuration], { stdio: 'ignore' });
  endWithUs(child);
  await until('nginx takes connections', async () => {
    const socket = connect(port!, '127.0.0.1');
    await once(socket, 'connect').finally(() => socket.destroy());
    return true;
  });
  return {
    address: (application, stream) => `rtmp://127.0.0.1:${port}/${application}/${stream}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      folder[Symbol.dispose]();
    },
  };
}
