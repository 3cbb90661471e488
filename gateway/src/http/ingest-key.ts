import { type IngestAccess, ingestAccess } from '@topicast/contracts/http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiOptions, Guards } from './api.js';
import { existing } from './existing.js';
import { problems } from './problem.js';

const NO_LISTENER =
  'No producer takes encoders at present, so there is no address yet. Their logs say why (TOPICAST_RTMP_PORT). The key stays valid; if you know the address, set TOPICAST_PUBLIC_RTMP_URL.';

/** `/api/streams/:id/ingest-key`: a new stream key for the encoder that publishes. */
export function addIngestKey(
  instance: FastifyInstance,
  options: Pick<ApiOptions, 'config' | 'directory' | 'operations'>,
  { changing, security }: Guards,
): void {
  instance.withTypeProvider<ZodTypeProvider>().post(
    '/api/streams/:id/ingest-key',
    {
      ...changing,
      schema: {
        summary: 'Make a new stream key for the encoder that publishes',
        description: 'The old key is no longer valid, and an encoder that publishes with it is disconnected.',
        tags: ['streams'],
        security,
        params: z.object({ id: z.string() }),
        response: { 200: ingestAccess, ...problems(401, 403, 404, 409, 503) },
      },
    },
    async (request) => {
      const key = await options.operations.renewKey(existing(request.params.id));
      return accessWith(key, request, options);
    },
  );
}

/**
 * What an encoder is told to use. Producers and gateway are often one machine, so the name that leads here leads there
 * too. If no producer listens, the usual port may be another program's, which must not get the key.
 */
export function accessWith(
  key: string,
  { hostname }: Pick<FastifyRequest, 'hostname'>,
  { config, directory }: Pick<ApiOptions, 'config' | 'directory'>,
): IngestAccess {
  const { rtmpPort, cameraPort, whipPort } = directory.ingestPorts;
  const rtmp = config.publicRtmpUrl ?? (rtmpPort && `rtmp://${hostname}:${rtmpPort}/live`);
  const camera = config.publicCameraUrl ?? (cameraPort && `ws://${hostname}:${cameraPort}`);
  const whip = config.publicWhipUrl ?? (whipPort && `http://${hostname}:${whipPort}/whip`);
  return {
    ...(rtmp ? { rtmp } : { problem: NO_LISTENER }),
    ...(camera && { camera }),
    ...(whip && { whip }),
    key,
  };
}
