import type { StreamId } from '@topicast/contracts/stream-id';
import { type Milliseconds, milliseconds } from '@topicast/contracts/units';
import { jwtVerify } from 'jose';
import { z } from 'zod';
import { sameToken } from '../tokens.js';

export type Access =
  /** Up to `expiresAt`, by the wall clock, where that is given. */
  | { readonly kind: 'allowed'; readonly expiresAt: Milliseconds | undefined }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'forbidden' };

/** `exp` in seconds since the epoch (RFC 7519 4.1.4). */
const viewerClaims = z.object({ stream: z.string(), exp: z.number().optional() });

const FOR_EVER: Access = { kind: 'allowed', expiresAt: undefined };

/**
 * Who may watch. Without a secret everybody; with one, holders of a JWT (HS256) whose claim `stream` is the stream's id
 * or `*` and which has not expired, and the operator.
 */
export class ViewerAccess {
  readonly #key: Uint8Array | undefined;

  constructor(
    secret: string | undefined,
    private readonly operatorToken: string,
  ) {
    this.#key = secret === undefined ? undefined : new TextEncoder().encode(secret);
  }

  async check(token: string | undefined, stream: StreamId): Promise<Access> {
    if (!this.#key) return FOR_EVER;
    if (token === undefined) return { kind: 'unauthorized' };
    if (sameToken(token, this.operatorToken)) return FOR_EVER;
    const claims = await this.#claims(token, this.#key);
    if (!claims) return { kind: 'unauthorized' };
    if (claims.stream !== stream && claims.stream !== '*') return { kind: 'forbidden' };
    const { exp } = claims;
    return { kind: 'allowed', expiresAt: exp === undefined ? undefined : milliseconds(exp * 1000) };
  }

  async #claims(token: string, key: Uint8Array): Promise<z.infer<typeof viewerClaims> | undefined> {
    try {
      const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'] });
      return viewerClaims.safeParse(payload).data;
    } catch {
      return undefined;
    }
  }
}
