import type { FastifyRequest } from 'fastify';
import { sameToken } from '../tokens.js';
import { ApiError } from './problem.js';

/** Who asks: the operator, or anybody. */
export class OperatorCheck {
  constructor(private readonly token: string) {}

  /** @throws {ApiError} 401 for a token that is given and wrong. */
  isOperator(request: FastifyRequest): boolean {
    const { authorization } = request.headers;
    if (authorization === undefined) return false;
    const given = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
    if (given === undefined || !sameToken(given, this.token)) {
      throw new ApiError(401, 'this is not the operator token');
    }
    return true;
  }

  /** @throws {ApiError} 401 for everybody but the operator. */
  readonly require = async (request: FastifyRequest): Promise<void> => {
    if (!this.isOperator(request)) {
      throw new ApiError(401, 'the operator token is needed: Authorization: Bearer <token>');
    }
  };
}
