/**
 * The process at the server's end of a bad network that plays an MPEG-TS file once, as a stream, beside a gateway on one
 * embedded log. It tells its parent the gateway's port when the stream is live, and it ends with its parent.
 */
import { startReplaySource } from '../replay-source.js';
import { OPERATOR_TOKEN, startServices } from '../services.js';

const [id = 'replay', file = ''] = process.argv.slice(2);
const services = await startServices({
  environment: { TOPICAST_HOST: '0.0.0.0', TOPICAST_TOKEN: OPERATOR_TOKEN },
});
const source = await startReplaySource(services.log, id, file);
await services.untilState(id, 'live');
process.once('disconnect', async () => {
  source.close();
  await services.close();
  process.exit();
});
process.send?.(services.gateway.port);
