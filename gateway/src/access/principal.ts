import type { StreamId } from '@topicast/contracts/stream-id';
import type { Milliseconds } from '@topicast/contracts/units';

/** Who is asking. {@link Access.identify} makes one for each HTTP request and each viewer connection. */
export type Principal =
  | { readonly kind: 'anonymous' }
  /** Holds a viewer's token, for one stream or for all; if `expiresAt` is given, until that wall-clock time. */
  | {
      readonly kind: 'viewer';
      readonly stream: StreamId | '*';
      readonly expiresAt: Milliseconds | undefined;
    }
  /** May do everything. */
  | { readonly kind: 'operator' };

export const ANONYMOUS: Principal = { kind: 'anonymous' };
