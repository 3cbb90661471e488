import { MOST_EVENTS_SHOWN, streamEvents, wordsOfEvent } from '@topicast/contracts/stream-event';
import { streamHealth as streamHealthBody } from '@topicast/contracts/stream-health';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Directory } from '../directory/directory.js';
import type { HealthReader } from '../health/health-reader.js';
import type { StreamEvents } from '../health/stream-events.js';
import { streamHealth } from '../health/stream-health.js';
import type { Guards } from './api.js';
import { existing, unknownStream } from './existing.js';
import { problems } from './problem.js';

export interface StreamHealthOptions {
  readonly directory: Directory;
  readonly health: HealthReader;
  readonly events: StreamEvents;
}

const params = z.object({ id: z.string() });

/** `/api/streams/:id/health` and `/api/streams/:id/events`: how a stream goes, for whoever may change it. */
export function addStreamHealth(
  instance: FastifyInstance,
  { directory, health, events }: StreamHealthOptions,
  { changing, security }: Guards,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.get(
    '/api/streams/:id/health',
    {
      ...changing,
      schema: {
        summary: 'How a stream goes: figures of the last ten minutes, and what to change',
        tags: ['health'],
        security,
        params,
        querystring: z.object({
          since: z.coerce
            .number()
            .nonnegative()
            .optional()
            .describe('only columns from this time on: ms since the epoch'),
        }),
        response: { 200: streamHealthBody, ...problems(401, 403, 404, 422, 503) },
      },
    },
    async (request) => {
      const id = existing(request.params.id);
      const info = directory.info(id);
      if (!info) throw unknownStream(id);
      const since = milliseconds(request.query.since ?? 0);
      return streamHealth(info, await health.of(id), { since, now: Milliseconds.wallClock() });
    },
  );
  app.get(
    '/api/streams/:id/events',
    {
      ...changing,
      schema: {
        summary: 'What has happened to a stream, the newest first',
        tags: ['health'],
        security,
        params,
        querystring: z.object({
          limit: z.coerce.number().int().min(1).max(MOST_EVENTS_SHOWN).default(50),
        }),
        response: { 200: streamEvents, ...problems(401, 403, 404, 422, 503) },
      },
    },
    async (request) => {
      const id = existing(request.params.id);
      if (!directory.has(id)) throw unknownStream(id);
      const found = await events.of(id, request.query.limit);
      return { events: found.map((event) => ({ event, words: wordsOfEvent(event) })) };
    },
  );
}
