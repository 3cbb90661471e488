import { isStreamId, type StreamId } from '@topicast/contracts/stream-id';
import { headers } from 'next/headers';
import { notFound } from 'next/navigation';
import type { GatewayAddress, RequestOrigin } from './gateway-address';
import { publicCamera, publicGateway } from './server-config';

/** The gateway as the visitor of this request reaches it. */
export const requestGateway = async (): Promise<GatewayAddress> => publicGateway(await visitor());

/** Where the visitor's browser can send its camera; undefined: nowhere. */
export const requestCamera = async (): Promise<string | undefined> => publicCamera(await visitor());

async function visitor(): Promise<RequestOrigin> {
  const requestHeaders = await headers();
  return { host: requestHeaders.get('host'), forwardedProto: requestHeaders.get('x-forwarded-proto') };
}

/** The stream id of a route, or the not-found page. */
export async function routeStreamId(params: Promise<{ id: string }>): Promise<StreamId> {
  const { id } = await params;
  return isStreamId(id) ? id : notFound();
}
