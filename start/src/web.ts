import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { asksForHelp } from './arguments.js';
import { WEB_HELP } from './help.js';
import { readSharedConfig } from './open-log.js';
import { endWithHelp, runProgram } from './program.js';

/** The web app in its own process: its work must not wait behind video, and it never sees the operator's token. */
await runProgram(false, async (_signal, logger) => {
  if (asksForHelp(process.argv.slice(2))) endWithHelp(WEB_HELP);
  const { TOPICAST_HOST: host, TOPICAST_WEB_PORT: port } = readSharedConfig();
  const require = createRequire(import.meta.url);
  const dir = path.dirname(require.resolve('@topicast/web/package.json'));
  const next = require('next') as typeof import('next').default;
  const server = createServer();
  server.listen(port, host);
  await once(server, 'listening');
  const app = next({ dev: false, dir, hostname: host, port, httpServer: server, quiet: true });
  await app.prepare();
  server.on('request', app.getRequestHandler());
  // The parent's channel: when it closes, the process that started this one is gone, however it ended.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.send?.('ready');
  logger.info({ host, port }, 'web is ready');
  return {
    async close() {
      server.closeAllConnections();
      server.close();
      await app.close();
    },
  };
});
