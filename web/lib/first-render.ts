import type { StreamInfo } from '@topicast/contracts/http';
import { GatewayError, getStream, listStreams } from './gateway-client';
import { internalGateway } from './server-config';

/** What the server knows about the gateway when it renders a page; from then on the browser asks by itself. */
export type FirstRender<T> =
  | { readonly kind: 'answer'; readonly value: T }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'unreachable' };

// A page must not wait long for a gateway that is away, because the browser keeps trying.
const PATIENCE_MS = 1_500;

export const firstStreams = (): Promise<FirstRender<StreamInfo[]>> =>
  settle(listStreams(internalGateway(), { signal: AbortSignal.timeout(PATIENCE_MS) }));

export const firstStream = (id: string): Promise<FirstRender<StreamInfo>> =>
  settle(getStream(internalGateway(), id, { signal: AbortSignal.timeout(PATIENCE_MS) }));

async function settle<T>(answer: Promise<T>): Promise<FirstRender<T>> {
  try {
    return { kind: 'answer', value: await answer };
  } catch (error) {
    const missing = error instanceof GatewayError && error.failure.kind === 'not-found';
    return { kind: missing ? 'not-found' : 'unreachable' };
  }
}
