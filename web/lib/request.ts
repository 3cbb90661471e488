import { isStreamId, type StreamId } from '@topicast/contracts/stream-id';
import { headers } from 'next/headers';
import { notFound } from 'next/navigation';
import type { GatewayAddress } from './gateway-address';
import { publicGateway } from './server-config';

/** The gateway as the visitor of this request reaches it. */
export async function requestGateway(): Promise<GatewayAddress> {
  const requestHeaders = await headers();
  return publicGateway({
    host: requestHeaders.get('host'),
    forwardedProto: requestHeaders.get('x-forwarded-proto'),
  });
}

/** The stream id of a route, or the not-found page. */
export async function routeStreamId(params: Promise<{ id: string }>): Promise<StreamId> {
  const { id } = await params;
  return isStreamId(id) ? id : notFound();
}
