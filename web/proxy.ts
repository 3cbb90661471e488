import { type NextRequest, NextResponse } from 'next/server';
import { contentSecurityPolicy } from './lib/csp';
import { publicCamera, publicGateway } from './lib/server-config';

const CAMERA_PAGE = /^\/studio\/[^/]+\/camera$/;

/**
 * Gives every page its Content-Security-Policy. Next reads the nonce from the request's header and adds it to its
 * scripts.
 */
export function proxy(request: NextRequest): NextResponse {
  const visitor = {
    host: request.headers.get('host'),
    forwardedProto: request.headers.get('x-forwarded-proto'),
  };
  const { pathname } = request.nextUrl;
  const policy = contentSecurityPolicy({
    nonce: Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64'),
    gateway: publicGateway(visitor),
    camera: CAMERA_PAGE.test(pathname) ? publicCamera(visitor) : undefined,
    framedByAnyone: pathname.startsWith('/embed/'),
    development: process.env.NODE_ENV === 'development',
  });
  const headers = new Headers(request.headers);
  headers.set('Content-Security-Policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('Content-Security-Policy', policy);
  return response;
}

export const config = {
  matcher: ['/((?!_next/static|healthz|icon.svg|theme.js|player-programs/|topicast-[a-z]+.js).*)'],
};
