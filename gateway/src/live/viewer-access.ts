import type { StreamId } from '@topicast/contracts/stream-id';
import { jwtVerify } from 'jose';
import { z } from 'zod';
import { sameToken } from '../tokens.js';

export type Access = 'allowed' | 'unauthorized' | 'forbidden';

const viewerClaims = z.object({ stream: z.string() });

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
    if (!this.#key) return 'allowed';
    if (token === undefined) return 'unauthorized';
    if (sameToken(token, this.operatorToken)) return 'allowed';
    const claims = await this.#claims(token, this.#key);
    if (!claims) return 'unauthorized';
    return claims.stream === stream || claims.stream === '*' ? 'allowed' : 'forbidden';
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
