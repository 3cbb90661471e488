import { ingestAccess } from '@topicast/contracts/http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiOptions, Guards } from './api.js';
import { existing } from './existing.js';
import { problems } from './problem.js';

/** RTMP's own. */
const USUAL_PORT = 1935;

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
      return { rtmp: rtmpAddress(request, options), key };
    },
  );
}

/** Producers and gateway are often one machine, so the name that leads here leads there too. */
export const rtmpAddress = (
  { hostname }: Pick<FastifyRequest, 'hostname'>,
  { config, directory }: Pick<ApiOptions, 'config' | 'directory'>,
): string => config.publicRtmpUrl ?? `rtmp://${hostname}:${directory.rtmpPort ?? USUAL_PORT}/live`;
