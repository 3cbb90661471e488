import { runGatewayWorker } from '@topicast/gateway';
import { makeLogger } from './program.js';

/** One of the processes that serve a gateway's viewers. The gateway starts it; never start it by hand. */
await runGatewayWorker(await makeLogger(process.env.TOPICAST_LOG_LEVEL || 'info'));
