import { runGatewayWorker } from '@topicast/gateway';
import { makeLogger } from './program.js';

/** One of the processes that serve the viewers of a gateway; started by the gateway, never by hand. */
await runGatewayWorker(await makeLogger(process.env.TOPICAST_LOG_LEVEL || 'info'));
