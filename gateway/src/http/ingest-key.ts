import { setTimeout as sleep } from 'node:timers/promises';
import {
  type IngestAccess,
  type IngestAddress,
  ingestAccess,
  ingestAddress,
  ingestKeyRequest,
} from '@topicast/contracts/http';
import { hashOfSecret, parseStreamKey, srtPassphrase } from '@topicast/contracts/ingest-key';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiOptions, Guards } from './api.js';
import { existing } from './existing.js';
import { ApiError, problems } from './problem.js';

const NO_LISTENER =
  'No producer takes encoders at present, so there is no address yet. Their logs say why (TOPICAST_RTMP_PORT). The key stays valid; if you know the address, set TOPICAST_PUBLIC_RTMP_URL.';

/** `/api/streams/:id/ingest-key`: a new stream key for the encoder that publishes. */
export function addIngestKey(
  instance: FastifyInstance,
  options: Pick<ApiOptions, 'config' | 'directory' | 'operations'>,
  { changing, security }: Guards,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.get(
    '/api/streams/:id/ingest',
    {
      ...changing,
      schema: {
        summary: 'Where the encoder that publishes has to send',
        tags: ['streams'],
        security,
        params: z.object({ id: z.string() }),
        response: { 200: ingestAddress, ...problems(401, 403, 404, 503) },
      },
    },
    async (request) => {
      const id = existing(request.params.id);
      if (options.directory.row(id)?.source.kind !== 'ingest')
        throw new ApiError(404, `no encoder publishes to "${id}"`);
      const place = options.directory.srtPlace(id);
      return together(addressFor(request, options), place && srtUrl(place, request.hostname));
    },
  );
  app.post(
    '/api/streams/:id/ingest-key',
    {
      ...changing,
      schema: {
        summary: 'Make a new stream key for the encoder that publishes',
        description:
          'The old key of its kind is no longer valid, and an encoder that publishes with it is disconnected.',
        tags: ['streams'],
        security,
        params: z.object({ id: z.string() }),
        body: ingestKeyRequest.nullish(),
        response: { 200: ingestAccess, ...problems(401, 403, 404, 409, 422, 503) },
      },
    },
    async (request) => {
      const { for: place = 'primary' } = request.body ?? {};
      const key = await options.operations.renewKey(existing(request.params.id), place);
      return accessWith(key, request, options);
    },
  );
}

/** By which a producer has given a new stream its port, as a rule. */
const PORT_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 50;

/**
 * What an encoder is told to use. Producers and gateway are often one machine, so the name that leads here leads there
 * too. If no producer listens, the usual port may be another program's, which must not get the key.
 */
function addressFor(
  { hostname }: Pick<FastifyRequest, 'hostname'>,
  { config, directory }: Pick<ApiOptions, 'config' | 'directory'>,
): IngestAddress {
  const { rtmpPort, cameraPort, whipPort } = directory.ingestPorts;
  const rtmp = config.publicRtmpUrl ?? (rtmpPort && `rtmp://${hostname}:${rtmpPort}/live`);
  const camera = config.publicCameraUrl ?? (cameraPort && `ws://${hostname}:${cameraPort}`);
  const whip = config.publicWhipUrl ?? (whipPort && `http://${hostname}:${whipPort}/whip`);
  return {
    ...(rtmp ? { rtmp } : { problem: NO_LISTENER }),
    ...(camera && { camera }),
    ...(whip && { whip }),
  };
}

const srtUrl = (
  { host, port }: { readonly host?: string | undefined; readonly port: number },
  hostname: string,
) => `srt://${host ?? hostname}:${port}?mode=caller`;

/** Who can send by SRT needs no other address. */
const together = ({ problem, ...addresses }: IngestAddress, srt: string | undefined): IngestAddress => ({
  ...addresses,
  ...(srt === undefined ? problem !== undefined && { problem } : { srt }),
});

/** Undefined if no producer takes this encoder by SRT: all ports are taken, or it is a backup, which has none. */
async function srtAddress(
  key: string,
  hostname: string,
  directory: ApiOptions['directory'],
): Promise<string | undefined> {
  const { stream, secret } = parseStreamKey(key)!;
  const hash = await hashOfSecret(secret);
  if (directory.row(stream)?.ingestKeyHash !== hash) return undefined;
  const limit = Date.now() + PORT_WITHIN_MS;
  while (directory.takesSrt) {
    const place = directory.srtPlace(stream);
    if (place) return `${srtUrl(place, hostname)}&passphrase=${await srtPassphrase(hash)}&pbkeylen=16`;
    if (Date.now() > limit) return undefined;
    await sleep(LOOK_EVERY_MS);
  }
  return undefined;
}

/** The addresses with the key. */
export async function accessWith(
  key: string,
  ...where: Parameters<typeof addressFor>
): Promise<IngestAccess> {
  const [{ hostname }, { directory }] = where;
  const srt = await srtAddress(key, hostname, directory);
  return { ...together(addressFor(...where), srt), key };
}
