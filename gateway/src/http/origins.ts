import cors from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from './problem.js';

const READING = new Set(['GET', 'HEAD']);

/** Anybody's page may read; a page that changes something must be the web's own. */
export async function guardOrigins(app: FastifyInstance, allowedOrigins: readonly string[]): Promise<void> {
  const isAllowed = (origin: string | undefined): boolean =>
    origin === undefined || allowedOrigins.includes(origin);

  await app.register(cors, {
    delegator: (request, answer) => {
      const mayUse = READING.has(intendedMethod(request)) || isAllowed(request.headers.origin);
      answer(null, {
        origin: mayUse ? '*' : false,
        methods: ['GET', 'HEAD', 'POST', 'DELETE'],
        allowedHeaders: ['Authorization', 'Content-Type'],
        maxAge: 600,
        strictPreflight: false,
      });
    },
  });
  app.addHook('onRequest', async (request) => {
    if (READING.has(request.method) || request.method === 'OPTIONS') return;
    if (!isAllowed(request.headers.origin)) {
      throw new ApiError(403, 'pages of this origin may not change anything: see TOPICAST_ALLOWED_ORIGINS');
    }
  });
}

/** Of a preflight request the method that it asks for. */
const intendedMethod = (request: FastifyRequest): string =>
  request.method === 'OPTIONS' ? String(request.headers['access-control-request-method']) : request.method;
