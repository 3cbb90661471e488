import { STATUS_CODES } from 'node:http';
import { type Problem, problem } from '@topicast/contracts/http';
import { LogError, type LogErrorCode } from '@topicast/log';
import type { FastifyError, FastifyReply } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { EditError } from '../directory/edited-row.js';
import { OperationError, type OperationErrorCode } from '../directory/operations.js';

type ProblemStatus = 400 | 401 | 403 | 404 | 409 | 413 | 415 | 421 | 422 | 426 | 500 | 503 | 507;

/** An error that becomes the answer to the request. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: ProblemStatus,
    detail: string,
    readonly errors?: Problem['errors'],
  ) {
    super(detail);
  }
}

const STATUS_OF_OPERATION: Record<OperationErrorCode, ProblemStatus> = {
  'unknown-stream': 404,
  exists: 409,
  'no-encoder': 409,
  'no-ingest-key': 409,
  'no-answer': 503,
  busy: 503,
  changed: 409,
};
const STATUS_OF_LOG: Record<LogErrorCode, ProblemStatus> = {
  'unknown-topic': 404,
  unavailable: 503,
  full: 507,
  locked: 503,
  invalid: 422,
  closed: 503,
};
const RETRY_AFTER_SECONDS = '2';

export const problemOf = (status: number, detail?: string, errors?: Problem['errors']): Problem => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  ...(detail !== undefined && { detail }),
  ...(errors !== undefined && { errors }),
});

/** How problems are documented; they are sent as they are. */
export const problems = (...statuses: number[]) =>
  Object.fromEntries(
    statuses.map((status) => [status, { content: { 'application/problem+json': { schema: problem } } }]),
  );

export async function sendProblem(reply: FastifyReply, sent: Problem): Promise<void> {
  if (sent.status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
  if (sent.status === 401) reply.header('www-authenticate', 'Bearer');
  await reply.code(sent.status).type('application/problem+json').send(JSON.stringify(sent));
}

/** What the client learns about an error. Our own faults are logged and not revealed. */
export function explain(error: FastifyError | Error, logger: Logger): Problem {
  if (error instanceof ApiError) return problemOf(error.status, error.message, error.errors);
  if (error instanceof OperationError) return problemOf(STATUS_OF_OPERATION[error.code], error.message);
  if (error instanceof EditError) {
    return problemOf(422, error.message, [{ path: error.field, message: error.message }]);
  }
  if (error instanceof LogError) return problemOf(STATUS_OF_LOG[error.code], error.message);
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map(({ instancePath, message }) => ({
      path: instancePath.slice(1).replaceAll('/', '.'),
      message: message ?? 'is not valid',
    }));
    return problemOf(422, 'the request does not have the expected form', errors);
  }
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
  if (status < 500) return problemOf(status, error.message);
  logger.error({ err: error }, 'a request failed');
  return problemOf(500);
}
