import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from './problem.js';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * JSON bodies, strictly in UTF-8: invalid bytes are an error and are not silently replaced. An empty body counts as no
 * body.
 */
export function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => (body.byteLength === 0 ? undefined : parseBody(body)),
  );
}

function parseBody(body: Buffer): unknown {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    throw new ApiError(400, 'the body is not UTF-8');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError(400, `the body is not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}
