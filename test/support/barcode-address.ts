import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BarcodeEncoder, startBarcodeEncoder } from './barcode-encoder.js';

/** Intra pictures, because they cost the least and are encoded once more anyhow. */
const MPEG2 = ['mpeg2video', '-g', '1', '-q:v', '5'];

/** Pictures that carry the time when they were made, and sound, at an address that a producer can open. */
export async function serveBarcodes(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const encoders = new Set<BarcodeEncoder>();
  const server = createServer((_, response) => {
    const encoder = startBarcodeEncoder({ video: MPEG2, audio: 'aac' });
    encoders.add(encoder);
    encoder.output.pipe(response.writeHead(200, { 'content-type': 'video/mp2t' }));
    response.once('close', () => {
      encoders.delete(encoder);
      void encoder.close();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/clock.ts`,
    async close() {
      server.close();
      await Promise.all([...encoders].map((encoder) => encoder.close()));
      server.closeAllConnections();
    },
  };
}
