import type { StreamId } from '@topicast/contracts/stream-id';
import type { ThumbnailRow } from '@topicast/contracts/thumbnails';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiOptions } from './api.js';
import { existing, unknownStream } from './existing.js';
import type { Principals } from './principal.js';
import { ApiError, problems } from './problem.js';

/** The last picture of a stream that has ended is shown for so long. */
const SHOWN_AFTER_END_MS = 3_600_000;
/** New ones come every few seconds; caches may answer in between. */
const FRESH_SECONDS = 2;

interface ThumbnailOptions extends Pick<ApiOptions, 'config' | 'directory' | 'thumbnails' | 'access'> {
  readonly principals: Principals;
  readonly whileReady: () => Promise<void>;
}

/** `/api/streams/:id/thumbnail.jpg`, for everybody who may watch the stream. */
export function addThumbnail(instance: FastifyInstance, options: ThumbnailOptions): void {
  const { config, directory, thumbnails, access, principals, whileReady } = options;
  /** An `<img>` cannot send a header. */
  const identify = async (request: FastifyRequest<{ Querystring: { token?: string | undefined } }>) => {
    const principal = await principals.identifyBy(request, request.query.token);
    const refusal = access.refusalToWatch(principal, existingOf(request));
    if (refusal === 'unauthorized') throw new ApiError(401, 'this needs a token that allows to watch');
    if (refusal) throw new ApiError(403, 'this token is for another stream');
  };
  instance.withTypeProvider<ZodTypeProvider>().get(
    '/api/streams/:id/thumbnail.jpg',
    {
      preHandler: [whileReady, identify],
      schema: {
        summary: 'A small picture of what is on air, JPEG',
        description: 'It is a few seconds old. A stream that has ended keeps its last one for an hour.',
        tags: ['streams'],
        params: z.object({ id: z.string() }),
        querystring: z.object({ token: z.string().max(4_096).optional() }),
        response: {
          200: { description: 'JPEG', content: { 'image/jpeg': { schema: z.unknown() } } },
          304: z.undefined().describe('the picture is still the same'),
          ...problems(401, 403, 404, 503),
        },
      },
    },
    async (request, reply) => {
      const id = existing(request.params.id);
      if (!directory.has(id)) throw unknownStream(id);
      const picture = await thumbnails.of(id);
      const isLive = directory.state(id) === 'live';
      if (!picture || !isShown(picture, { isLive, createdAt: directory.row(id)?.createdAt }))
        throw new ApiError(404, `there is no picture of "${id}"`);
      const etag = `"${picture.session}-${Date.parse(picture.at)}"`;
      reply.header('etag', etag);
      const scope = config.viewerSecret === undefined ? 'public' : 'private';
      reply.header('cache-control', `${scope}, max-age=${FRESH_SECONDS}`);
      if (asksFor(request.headers['if-none-match'], etag)) return reply.code(304).send();
      return reply.type('image/jpeg').send(Buffer.from(picture.jpeg, 'base64'));
    },
  );
}

const existingOf = (request: FastifyRequest): StreamId => existing((request.params as { id: string }).id);

/** A stream of the same name may have had a picture before this one was created. */
const isShown = (
  { at }: ThumbnailRow,
  { isLive, createdAt }: { readonly isLive: boolean; readonly createdAt: string | undefined },
): boolean =>
  !(createdAt !== undefined && Date.parse(at) < Date.parse(createdAt)) &&
  (isLive || Date.now() - Date.parse(at) < SHOWN_AFTER_END_MS);

/** RFC 9110 13.1.2. */
const asksFor = (header: string | undefined, etag: string): boolean =>
  header?.split(',').some((each) => each.trim().replace(/^W\//, '') === etag) ?? false;
