import type { FastifyRequest } from 'fastify';
import type { Access } from '../access/access.js';
import { ANONYMOUS, type Principal } from '../access/principal.js';
import { ApiError } from './problem.js';

/** Who sends each request: hooks for `onRequest`, and what they have found. */
export class Principals {
  readonly #access: Access;
  readonly #found = new WeakMap<FastifyRequest, Principal>();

  constructor(access: Access) {
    this.#access = access;
  }

  /** Anonymous on a route that does not use the hooks. */
  of(request: FastifyRequest): Principal {
    return this.#found.get(request) ?? ANONYMOUS;
  }

  /** @throws {ApiError} 401 for a wrong token, on every route, so that its owner notices. */
  readonly identify = async (request: FastifyRequest): Promise<void> => {
    await this.identifyBy(request, undefined);
  };

  /** The same for a request that may have its token elsewhere than in the header, which comes first. */
  async identifyBy(request: FastifyRequest, token: string | undefined): Promise<Principal> {
    const principal = await this.#access.identify(bearerToken(request) ?? token);
    if (principal === 'unknown') throw new ApiError(401, 'this token is not valid');
    this.#found.set(request, principal);
    return principal;
  }

  /**
   * To be called after `identify`. @throws {ApiError} 401, or 403 for a known principal that may not change anything
   */
  readonly mayChange = async (request: FastifyRequest): Promise<void> => {
    const refusal = this.#access.refusalToChange(this.of(request));
    if (refusal === 'unauthorized') {
      throw new ApiError(401, 'this needs the operator token: Authorization: Bearer <token>');
    }
    if (refusal) throw new ApiError(403, 'a viewer token does not allow this: use the operator token');
  };
}

/** @throws {ApiError} 401 for another kind of header */
function bearerToken(request: FastifyRequest): string | undefined {
  const { authorization } = request.headers;
  if (authorization === undefined) return undefined;
  const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
  if (token === undefined) throw new ApiError(401, 'use Authorization: Bearer <token>');
  return token;
}
