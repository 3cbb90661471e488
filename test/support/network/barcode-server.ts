/**
 * The process at the server's end of a bad network. It runs a gateway and a stream of pictures that carry the time, on
 * one embedded log. It tells its parent the gateway's port when the stream is live, and it ends with its parent.
 *
 * Without a ladder there is one encoder and no producer, so that only what we measure delays the pictures. With a
 * ladder, a producer takes the pictures from an address and encodes them a second time.
 */
import { parseLadder } from '@topicast/contracts/ladder';
import { streamId } from '@topicast/contracts/stream-id';
import { serveBarcodes } from '../barcode-address.js';
import { startBarcodeSource } from '../barcode-source.js';
import { OPERATOR_TOKEN, startServices } from '../services.js';
import type { BarcodeServerOptions } from './start-barcode-server.js';

const [id = 'clock', wanted = '{}'] = process.argv.slice(2);
const { ladder, height, audio, publishTo } = JSON.parse(wanted) as BarcodeServerOptions;
const environment = { TOPICAST_HOST: '0.0.0.0', TOPICAST_TOKEN: OPERATOR_TOKEN };
const { services, source } = ladder === undefined ? await plain() : await withLadder(ladder);
await services.untilState(id, 'live');
process.once('disconnect', async () => {
  await services.close();
  await source.close();
  process.exit();
});
process.send?.(services.gateway.port);

async function plain() {
  const services = await startServices({ environment });
  return { services, source: await startBarcodeSource(services.log, id, { height, audio, publishTo }) };
}

async function withLadder(text: string) {
  const source = await serveBarcodes();
  const ladder = parseLadder(text);
  const input = { id: streamId(id), title: id, source: { kind: 'url', url: source.url } } as const;
  const services = await startServices({
    // Three encoders and a browser have to share a small machine.
    environment: { ...environment, TOPICAST_VIDEO_PRESET: 'ultrafast' },
    inputs: [{ ...input, ...(ladder && { ladder }) }],
  });
  return { services, source };
}
