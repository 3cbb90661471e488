import { isStreamId, type StreamId } from '@topicast/contracts/stream-id';
import { Milliseconds, seconds } from '@topicast/contracts/units';
import { jwtVerify } from 'jose';
import { z } from 'zod';
import { ANONYMOUS, type Principal } from './principal.js';
import { sameToken } from './tokens.js';

interface AccessOptions {
  readonly operatorToken: string;
  /** Signs the viewers' tokens. Absent: everybody may watch everything. */
  readonly viewerSecret: string | undefined;
}

/** Why somebody may not do something: we do not know who they are, or we do and they lack the right. */
type Refusal = 'unauthorized' | 'forbidden';

/** `exp` in seconds since the epoch (RFC 7519 4.1.4). */
const viewerClaims = z.object({ stream: z.string(), exp: z.number().optional() });

/**
 * The one judge of who is asking and what they may do. A token is the operator's, or a viewer's: a JWT (HS256) whose
 * claim `stream` is a stream's id or `*`.
 */
export class Access {
  readonly #operatorToken: string;
  readonly #viewerKey: Uint8Array | undefined;

  constructor({ operatorToken, viewerSecret }: AccessOptions) {
    this.#operatorToken = operatorToken;
    this.#viewerKey = viewerSecret === undefined ? undefined : new TextEncoder().encode(viewerSecret);
  }

  /**
   * Who holds this token; without a token, an anonymous principal. `unknown` for a token that is invalid or has
   * expired.
   */
  async identify(token: string | undefined): Promise<Principal | 'unknown'> {
    if (token === undefined) return ANONYMOUS;
    if (sameToken(token, this.#operatorToken)) return { kind: 'operator' };
    return (this.#viewerKey && (await viewerOf(token, this.#viewerKey))) ?? 'unknown';
  }

  /**
   * Why this principal may not watch this stream; undefined if it may. Without a secret everybody may, whatever the
   * token.
   */
  refusalToWatch(principal: Principal | 'unknown', stream: StreamId): Refusal | undefined {
    if (!this.#viewerKey) return undefined;
    if (principal === 'unknown' || principal.kind === 'anonymous') return 'unauthorized';
    if (principal.kind === 'operator' || principal.stream === '*') return undefined;
    return principal.stream === stream ? undefined : 'forbidden';
  }

  /** Why this principal may not create, change or delete streams; undefined if it may. */
  refusalToChange({ kind }: Principal): Refusal | undefined {
    if (kind === 'operator') return undefined;
    return kind === 'anonymous' ? 'unauthorized' : 'forbidden';
  }

  /** Whether this principal may see where a stream comes from, what its encoder says, and the like. */
  seesInside({ kind }: Principal): boolean {
    return kind === 'operator';
  }
}

async function viewerOf(token: string, key: Uint8Array): Promise<Principal | undefined> {
  try {
    const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'] });
    const { stream, exp } = viewerClaims.parse(payload);
    if (stream !== '*' && !isStreamId(stream)) return undefined;
    const expiresAt = exp === undefined ? undefined : Milliseconds.ofSeconds(seconds(exp));
    return { kind: 'viewer', stream, expiresAt };
  } catch {
    return undefined;
  }
}
