import {
  type CreateDestinationRequest,
  createDestinationRequest,
  destinationInfo,
  destinationList,
} from '@topicast/contracts/destination';
import type { StreamRow } from '@topicast/contracts/tables';
import { type JudgedDestination, judgeDestination, SourceError } from '@topicast/sources';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { GatewayConfig } from '../config.js';
import type { ApiOptions, Guards } from './api.js';
import { existing, unknownStream } from './existing.js';
import { ApiError, problems } from './problem.js';

const PATH = '/api/streams/:id/destinations';
const FOREIGN =
  'another program writes the topic of this stream, so it cannot be sent on: create a stream with a source, or let an encoder publish one';

/** `/api/streams/:id/destinations`: where a stream is sent on to, for its operator only. */
export function addDestinations(
  instance: FastifyInstance,
  { config, directory }: Pick<ApiOptions, 'config' | 'directory'>,
  { changing, security }: Guards,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const aStream = z.object({ id: z.string() });
  const rowOf = (text: string): StreamRow => {
    const id = existing(text);
    const row = directory.row(id);
    if (row && row.source.kind !== 'topic') return row;
    throw directory.has(id) ? new ApiError(409, FOREIGN) : unknownStream(id);
  };

  app.get(
    PATH,
    {
      ...changing,
      schema: {
        summary: 'Where a stream is sent on to, and how that goes',
        tags: ['destinations'],
        security,
        params: aStream,
        response: { 200: destinationList, ...problems(401, 403, 404, 409, 503) },
      },
    },
    async (request) => ({ destinations: directory.destinations.list(rowOf(request.params.id)) }),
  );

  app.post(
    PATH,
    {
      ...changing,
      schema: {
        summary: 'Send a stream on to another server',
        description:
          'By RTMP, RTMPS or SRT, without encoding it again, whenever it is on air. Nobody can read the stream key here again.',
        tags: ['destinations'],
        security,
        params: aStream,
        body: createDestinationRequest,
        response: { 201: destinationInfo, ...problems(400, 401, 403, 404, 409, 413, 422, 503) },
      },
    },
    async (request, reply) => {
      const stream = rowOf(request.params.id);
      const judged = requireDestination(request.body, config);
      const made = await directory.destinations.add(stream, { judged, title: request.body.title });
      return reply
        .code(201)
        .header('location', `/api/streams/${stream.id}/destinations/${made.id}`)
        .send(made);
    },
  );

  app.delete(
    `${PATH}/:destination`,
    {
      ...changing,
      schema: {
        summary: 'Send a stream no longer to a server',
        tags: ['destinations'],
        security,
        params: aStream.extend({ destination: z.string() }),
        response: { 204: z.undefined(), ...problems(401, 403, 404, 409, 503) },
      },
    },
    async (request, reply) => {
      const { id, destination } = request.params;
      const isGone = await directory.destinations.remove(rowOf(id), destination);
      if (!isGone) throw new ApiError(404, 'the stream has no such destination');
      return reply.code(204).send();
    },
  );
}

/** @throws {ApiError} 403 for a destination that is not allowed, 422 for one that is wrong */
function requireDestination(
  { url, key }: CreateDestinationRequest,
  { allowPrivateUrls }: GatewayConfig,
): JudgedDestination {
  try {
    return judgeDestination({ url, key }, { allowPrivate: allowPrivateUrls });
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    if (error.code === 'refused') throw new ApiError(403, error.message);
    throw new ApiError(422, error.message, [{ path: 'url', message: error.message }]);
  }
}
