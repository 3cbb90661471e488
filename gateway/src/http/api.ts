import {
  createdStream,
  createStreamRequest,
  editStreamRequest,
  streamInfo,
  streamList,
} from '@topicast/contracts/http';
import type { FastifyInstance, RouteShorthandOptions } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Access } from '../access/access.js';
import type { GatewayConfig } from '../config.js';
import type { LookRequests } from '../directory/look-requests.js';
import type { Operations } from '../directory/operations.js';
import { publicInfo } from '../directory/stream-info.js';
import type { Thumbnails } from '../directory/thumbnails.js';
import { addDestinations } from './destinations.js';
import { addEncoding, requireEncoder } from './encoding.js';
import { existing, unknownStream } from './existing.js';
import { accessWith, addIngestKey } from './ingest-key.js';
import { Principals } from './principal.js';
import { addProbe } from './probe.js';
import { ApiError, problems } from './problem.js';
import { requireSource } from './source-problem.js';
import { addStreamHealth, type StreamHealthOptions } from './stream-health.js';
import { addThumbnail } from './thumbnail.js';

export interface ApiOptions extends StreamHealthOptions {
  readonly config: GatewayConfig;
  readonly operations: Operations;
  readonly looks: LookRequests;
  readonly thumbnails: Thumbnails;
  readonly access: Access;
}

/** What everybody must pass who changes something. */
export interface Guards {
  readonly changing: Pick<RouteShorthandOptions, 'onRequest' | 'preHandler'>;
  readonly security: { readonly [scheme: string]: string[] }[];
}

const anId = z.object({ id: z.string() });
const nothing = z.undefined();

/** The API: everybody may read, the operator may change. */
export function addApi(instance: FastifyInstance, options: ApiOptions): void {
  const { config, directory, operations, looks, access } = options;
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const whileReady = async (): Promise<void> => {
    if (!directory.ready) throw new ApiError(503, 'the log has not been reached yet');
  };
  const principals = new Principals(access);
  const reading = { onRequest: [principals.identify], preHandler: [whileReady] };
  const changing = { onRequest: [principals.identify, principals.mayChange], preHandler: [whileReady] };
  const security = [{ operator: [] }];
  addProbe(app, { config, looks }, { changing, security });
  addIngestKey(app, options, { changing, security });
  addDestinations(app, options, { changing, security });
  addStreamHealth(app, options, { changing, security });
  addThumbnail(app, { ...options, principals, whileReady });
  addEncoding(app, options, { changing, security });

  app.get(
    '/api/streams',
    {
      ...reading,
      schema: {
        summary: 'All streams',
        tags: ['streams'],
        response: { 200: streamList, ...problems(401, 503) },
      },
    },
    async (request) => {
      const streams = directory.list();
      return { streams: access.seesInside(principals.of(request)) ? streams : streams.map(publicInfo) };
    },
  );

  app.get(
    '/api/streams/:id',
    {
      ...reading,
      schema: {
        summary: 'One stream',
        tags: ['streams'],
        params: anId,
        response: { 200: streamInfo, ...problems(401, 404, 503) },
      },
    },
    async (request) => {
      const info = directory.info(existing(request.params.id));
      if (!info) throw unknownStream(request.params.id);
      return access.seesInside(principals.of(request)) ? info : publicInfo(info);
    },
  );

  app.post(
    '/api/streams',
    {
      ...changing,
      schema: {
        summary: 'Create a stream, and start it',
        tags: ['streams'],
        security,
        body: createStreamRequest,
        response: { 201: createdStream, ...problems(400, 401, 403, 409, 413, 422, 503) },
      },
    },
    async (request, reply) => {
      await requireSource(request.body.source, config);
      requireEncoder(request.body.encoding?.encoder, directory.encoding);
      const { id, key } = await operations.create(request.body);
      const info = directory.info(id);
      if (!info) throw new ApiError(409, 'the stream was deleted at the same moment');
      const ingest = key === undefined ? undefined : await accessWith(key, request, options);
      return reply
        .code(201)
        .header('location', `/api/streams/${id}`)
        .send({ ...info, ...(ingest && { ingest }) });
    },
  );

  app.patch(
    '/api/streams/:id',
    {
      ...changing,
      schema: {
        summary: 'Change the title, the source, the ladder or the encoding of a stream',
        description:
          'What is absent stays. A stream that is on air goes over to another source, ladder or encoding without a break where both can be read at once.',
        tags: ['streams'],
        security,
        params: anId,
        body: editStreamRequest,
        response: { 200: streamInfo, ...problems(400, 401, 403, 404, 409, 413, 422, 503) },
      },
    },
    async (request) => {
      const id = existing(request.params.id);
      const { source, encoding } = request.body;
      if (source) await requireSource(source, config);
      const encoder = encoding?.encoder;
      // One that it has already may be on a host that is away at present.
      if (encoder !== directory.row(id)?.encoding?.encoder) requireEncoder(encoder, directory.encoding);
      await operations.edit(id, request.body);
      const info = directory.info(id);
      if (!info) throw unknownStream(id);
      return info;
    },
  );

  const accepted = { params: anId, response: { 202: streamInfo, ...problems(401, 403, 404, 409, 503) } };
  for (const [action, summary] of [
    ['start', 'Start the encoder, or restart it if it has failed'],
    ['stop', 'Stop the encoder'],
  ] as const) {
    app.post(
      `/api/streams/:id/${action}`,
      { ...changing, schema: { summary, tags: ['streams'], security, ...accepted } },
      async (request, reply) => {
        const id = existing(request.params.id);
        await operations[action](id);
        const info = directory.info(id);
        if (!info) throw unknownStream(id);
        return reply.code(202).send(info);
      },
    );
  }

  app.delete(
    '/api/streams/:id',
    {
      ...changing,
      schema: {
        summary: 'Delete a stream with all that is in its topic',
        tags: ['streams'],
        security,
        params: anId,
        response: { 204: nothing, ...problems(401, 403, 404, 503) },
      },
    },
    async (request, reply) => {
      await operations.remove(existing(request.params.id));
      return reply.code(204).send();
    },
  );
}
