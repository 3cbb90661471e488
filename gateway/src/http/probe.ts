import { lookAtSourceRequest } from '@topicast/contracts/http';
import { sourceLook } from '@topicast/contracts/look';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ApiOptions, Guards } from './api.js';
import { ApiError, problems } from './problem.js';
import { requireSource, sourceField } from './source-problem.js';

/** `/api/probe`: what is in a source, before anybody goes live with it. */
export function addProbe(
  instance: FastifyInstance,
  { config, looks }: Pick<ApiOptions, 'config' | 'looks'>,
  { changing, security }: Guards,
): void {
  instance.withTypeProvider<ZodTypeProvider>().post(
    '/api/probe',
    {
      ...changing,
      schema: {
        summary: 'See what is in a source, and what would be done with it',
        description:
          'A producer opens it, so the answer takes as long as the source needs, at most half a minute.',
        tags: ['sources'],
        security,
        body: lookAtSourceRequest,
        response: { 200: sourceLook, ...problems(400, 401, 403, 413, 422, 503) },
      },
    },
    async ({ body }, reply) => {
      const gone = goneSignal(reply);
      await requireSource(body.source, config);
      const answer = await looks.ask(body, gone).catch((error: unknown) => {
        if (error !== gone.reason) throw error;
      });
      // There is nobody to answer.
      if (!answer) return reply.hijack();
      if (answer.outcome === 'found') return answer.found;
      if (answer.outcome === 'refused') throw new ApiError(403, answer.problem);
      if (answer.outcome === 'busy') throw new ApiError(503, answer.problem);
      const path = sourceField(body.source);
      throw new ApiError(422, answer.problem, [{ path, message: answer.problem }]);
    },
  );
}

/** Aborts when whoever asked has gone. */
function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  const abort = (): void => {
    if (!raw.writableEnded) gone.abort(new Error('nobody waits for the answer'));
  };
  if (raw.destroyed) abort();
  else raw.once('close', abort);
  return gone.signal;
}
