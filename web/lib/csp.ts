import { allGateways, type GatewayAddress } from './gateway-address';

interface CspInput {
  readonly nonce: string;
  readonly gateway: GatewayAddress;
  /** Where a page sends its camera; undefined for pages that have none. */
  readonly camera?: string | undefined;
  /** Whether other sites may frame the page, which only the embed page allows. */
  readonly framedByAnyone: boolean;
  /** React's development build evaluates strings, and hot reload opens a socket to this server. */
  readonly development: boolean;
}

const origin = (url: string): string => new URL(url).origin;

/**
 * The Content-Security-Policy of a page. Inline styles are allowed: media-chrome's shadow roots carry `<style>`
 * elements and its ranges set style attributes, which a nonce cannot cover. Scripts are ours or bear the nonce.
 */
export function contentSecurityPolicy({
  nonce,
  gateway,
  camera,
  framedByAnyone,
  development,
}: CspInput): string {
  const directives: Record<string, readonly string[]> = {
    'default-src': ["'self'"],
    'script-src': ["'self'", `'nonce-${nonce}'`, ...(development ? ["'unsafe-eval'"] : [])],
    'style-src': ["'self'", "'unsafe-inline'"],
    'img-src': ["'self'", 'data:'],
    'media-src': ["'self'", 'blob:'],
    'worker-src': ["'self'", 'blob:'],
    'connect-src': [
      "'self'",
      ...allGateways(gateway).flatMap(({ http, ws }) => [origin(http), origin(ws)]),
      ...(camera === undefined ? [] : [origin(camera)]),
    ],
    'object-src': ["'none'"],
    'base-uri': ["'none'"],
    'form-action': ["'self'"],
    'frame-ancestors': [framedByAnyone ? '*' : "'self'"],
  };
  return Object.entries(directives)
    .map(([name, values]) => `${name} ${values.join(' ')}`)
    .join('; ');
}
