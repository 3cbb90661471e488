import type { StreamId } from '@topicast/contracts/stream-id';
import type { Milliseconds } from '@topicast/contracts/units';

/** Who asks. Made once for each HTTP request and each viewer connection, by {@link Access.identify}. */
export type Principal =
  | { readonly kind: 'anonymous' }
  /** Holds a viewer's token: for one stream or for all, up to `expiresAt` by the wall clock where that is given. */
  | {
      readonly kind: 'viewer';
      readonly stream: StreamId | '*';
      readonly expiresAt: Milliseconds | undefined;
    }
  /** May do everything. */
  | { readonly kind: 'operator' };

export const ANONYMOUS: Principal = { kind: 'anonymous' };
