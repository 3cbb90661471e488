import type { Socket } from 'node:net';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { type FastifyInstance, fastify } from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { type ApiOptions, addApi } from './api.js';
import { addHealth, type HealthOptions } from './health.js';
import { isOwnHost } from './hosts.js';
import { acceptJson } from './json-body.js';
import { guardOrigins } from './origins.js';
import { ApiError, explain, problemOf, sendProblem } from './problem.js';
import { refuse } from './refuse.js';
import { boundedServer } from './server.js';

type AppOptions = ApiOptions &
  HealthOptions & {
    readonly logger: Logger;
    /** There was one connection too many. */
    readonly onRefused: () => void;
  };

const BODY_LIMIT_BYTES = 64 * 1024;
/** Orchestrators ask for these by whatever name the pod has, and they reveal nothing. */
const ANY_HOST = new Set(['/healthz', '/readyz']);

/** The HTTP side of the gateway. Every error is `application/problem+json`. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { config, logger } = options;
  const app = fastify({
    // Fastify's own request log would write tokens, because URLs can contain them.
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    serverFactory: (handler) => boundedServer(handler, config.limits, options.onRefused),
    forceCloseConnections: true,
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, explain(error, logger)),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler<Error>(async (error, _request, reply) => sendProblem(reply, explain(error, logger)));
  acceptJson(app);

  app.addHook('onRequest', async (request) => {
    if (ANY_HOST.has(request.url) || isOwnHost(request.headers.host, config.allowedHosts)) return;
    throw new ApiError(421, 'this gateway does not answer to that name: see TOPICAST_ALLOWED_HOSTS');
  });
  await guardOrigins(app, config);
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    if (request.url.startsWith('/api/') && !reply.hasHeader('cache-control'))
      reply.header('cache-control', 'no-store');
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    const ms = Math.round(reply.elapsedTime);
    logger.debug({ method, route: routeOptions.url, status: reply.statusCode, ms }, 'request');
  });

  await addDocumentation(app);
  addHealth(app, options);
  addApi(app, options);
  app.setNotFoundHandler(async (request, reply) => {
    const isLive = request.url.startsWith('/live/');
    const problem = isLive ? problemOf(426, 'streams are watched over WebSockets') : problemOf(404);
    if (isLive) reply.header('upgrade', 'websocket');
    await sendProblem(reply, problem);
  });
  await app.ready();
  return app;
}

/** OpenAPI at `/docs`; all that the page needs comes from here. */
async function addDocumentation(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Topicast gateway',
        version: '1',
        description: 'Streams are watched over WebSockets at `/live/{stream}`: see docs/5-protocol.md.',
      },
      components: { securitySchemes: { operator: { type: 'http', scheme: 'bearer' } } },
    },
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
}

/** Bytes that are not HTTP, or an unfinished request: there is no request to answer. */
function refuseMalformed(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable) socket.destroy();
  else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    refuse(socket, problemOf(408, 'the request took too long'));
  else refuse(socket, problemOf(400, 'this is not an HTTP request'));
}
