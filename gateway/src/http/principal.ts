import type { FastifyRequest } from 'fastify';
import type { Access } from '../access/access.js';
import { ANONYMOUS, type Principal } from '../access/principal.js';
import { ApiError } from './problem.js';

/** Who sends each request: hooks for `onRequest`, and what they found. */
export class Principals {
  readonly #access: Access;
  readonly #found = new WeakMap<FastifyRequest, Principal>();

  constructor(access: Access) {
    this.#access = access;
  }

  /** Anonymous on a route that does not ask. */
  of(request: FastifyRequest): Principal {
    return this.#found.get(request) ?? ANONYMOUS;
  }

  /** @throws {ApiError} 401 for a token that is given and wrong, on every route: its owner should learn of it. */
  readonly identify = async (request: FastifyRequest): Promise<void> => {
    const principal = await this.#access.identify(bearerToken(request));
    if (principal === 'unknown') throw new ApiError(401, 'this token is not valid');
    this.#found.set(request, principal);
  };

  /** After `identify`. @throws {ApiError} 401, or 403 for somebody who is known and may not change anything */
  readonly mayChange = async (request: FastifyRequest): Promise<void> => {
    const refusal = this.#access.refusalToChange(this.of(request));
    if (refusal === 'unauthorized') {
      throw new ApiError(401, 'the operator token is needed: Authorization: Bearer <token>');
    }
    if (refusal) throw new ApiError(403, 'a viewer token does not allow this: the operator token is needed');
  };
}

/** @throws {ApiError} 401 for a header of another kind */
function bearerToken(request: FastifyRequest): string | undefined {
  const { authorization } = request.headers;
  if (authorization === undefined) return undefined;
  const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
  if (token === undefined) throw new ApiError(401, 'use Authorization: Bearer <token>');
  return token;
}
