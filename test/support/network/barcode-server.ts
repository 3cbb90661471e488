/**
 * The server's end of a bad network, as a process of its own: a gateway, and a stream of pictures that carry the time,
 * on one embedded log. Its parent learns the gateway's port when the stream is live; it ends with its parent.
 */
import { startBarcodeSource } from '../barcode-source.js';
import { OPERATOR_TOKEN, startServices } from '../services.js';

const [id = 'clock'] = process.argv.slice(2);
const services = await startServices({
  environment: { TOPICAST_HOST: '0.0.0.0', TOPICAST_TOKEN: OPERATOR_TOKEN },
});
const source = await startBarcodeSource(services.log, id);
await services.untilState(id, 'live');
process.once('disconnect', async () => {
  await source.close();
  await services.close();
  process.exit();
});
process.send?.(services.gateway.port);
