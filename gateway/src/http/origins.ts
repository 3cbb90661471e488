import cors from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { GatewayConfig } from '../config.js';
import { ApiError } from './problem.js';

const READING = new Set(['GET', 'HEAD']);

/**
 * Any page may read, but a page that changes something must belong to the web app. The Host was checked earlier, so a
 * Host that is compared here is one of ours.
 */
export async function guardOrigins(
  app: FastifyInstance,
  { allowedOrigins, ownWebPort }: Pick<GatewayConfig, 'allowedOrigins' | 'ownWebPort'>,
): Promise<void> {
  const isAllowed = ({ origin, host }: FastifyRequest['headers']): boolean =>
    origin === undefined ||
    allowedOrigins.includes(origin) ||
    isOwn(origin, host) ||
    isNeighbour(origin, host, ownWebPort);

  await app.register(cors, {
    delegator: (request, answer) => {
      const mayUse = READING.has(intendedMethod(request)) || isAllowed(request.headers);
      answer(null, {
        origin: mayUse ? '*' : false,
        methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
        allowedHeaders: ['Authorization', 'Content-Type'],
        maxAge: 600,
        strictPreflight: false,
      });
    },
  });
  app.addHook('onRequest', async (request) => {
    if (READING.has(request.method) || request.method === 'OPTIONS') return;
    if (!isAllowed(request.headers)) {
      throw new ApiError(403, 'pages from this origin may not change anything: see TOPICAST_ALLOWED_ORIGINS');
    }
  });
}

/** For a preflight request, the method that it asks for. */
const intendedMethod = (request: FastifyRequest): string =>
  request.method === 'OPTIONS' ? String(request.headers['access-control-request-method']) : request.method;

/** The gateway's own page, its API documentation. */
const isOwn = (origin: string, host: string | undefined): boolean =>
  URL.canParse(origin) && new URL(origin).host === host;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * Whether a page comes from the web app's port on the requested host. Without TOPICAST_ALLOWED_ORIGINS, that is where
 * the web app is.
 */
export function isNeighbour(origin: string, host: string | undefined, webPort: number | undefined): boolean {
  const asked = `http://${host}`;
  if (webPort === undefined || host === undefined || !URL.canParse(origin) || !URL.canParse(asked))
    return false;
  const { protocol, port, hostname } = new URL(origin);
  const defaultPort = DEFAULT_PORTS[protocol];
  if (defaultPort === undefined || hostname !== new URL(asked).hostname) return false;
  return (port || defaultPort) === String(webPort);
}
