/**
 * The gateway's address for this server, and for the browser that asked. Pure; `server-config.ts` reads the
 * environment.
 */

/** HTTP and WebSocket origins of a gateway as the browser reaches it, without a trailing slash. */
export interface GatewayAddress {
  readonly http: string;
  readonly ws: string;
  /** Other gateways of the same streams, in case this one is away; in the order in which they are tried. */
  readonly others?: readonly GatewayAddress[];
}

/** The parts of a request that tell by which name the visitor reaches this machine. */
export interface RequestOrigin {
  /** The Host header. */
  readonly host: string | null;
  /** X-Forwarded-Proto, set by a proxy that ends TLS. */
  readonly forwardedProto: string | null;
}

/** @throws {TypeError} if the text is not an http(s) URL. */
export function gatewayAddress(url: string): GatewayAddress {
  const parsed = new URL(url);
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    throw new TypeError(
      `the gateway's address must begin with http:// or https://, not ${parsed.protocol}//`,
    );
  }
  const base = withoutSlashes(`${parsed.host}${parsed.pathname}`);
  const secure = parsed.protocol === 'https:';
  return { http: `${secure ? 'https' : 'http'}://${base}`, ws: `${secure ? 'wss' : 'ws'}://${base}` };
}

// A regular expression would look at each slash of a long row again and again.
function withoutSlashes(text: string): string {
  let end = text.length;
  while (text[end - 1] === '/') end--;
  return text.slice(0, end);
}

/** Several gateways, separated by commas. @throws {TypeError} if there is none, or one that is no http(s) URL. */
export function gatewayAddresses(urls: string): GatewayAddress {
  const [first, ...others] = urls.split(',').flatMap((url) => (url.trim() ? gatewayAddress(url.trim()) : []));
  if (!first) throw new TypeError('no address of a gateway');
  return others.length > 0 ? { ...first, others } : first;
}

/** All gateways behind an address, the first one first. */
export const allGateways = (gateway: GatewayAddress): readonly GatewayAddress[] => [
  gateway,
  ...(gateway.others ?? []),
];

/** The gateway on the host that the visitor used for this page, the best guess without a setting. */
export function gatewayBesideRequest(request: RequestOrigin, port: number): GatewayAddress {
  const protocol = request.forwardedProto === 'https' ? 'https' : 'http';
  return gatewayAddress(`${protocol}://${hostname(request.host)}:${port}`);
}

// The visitor can choose the header, and it ends up in the CSP, so accept only what URL accepts as a hostname.
function hostname(host: string | null): string {
  if (!host || !/^[\w.:[\]-]+$/.test(host)) return '127.0.0.1';
  try {
    return new URL(`http://${host}`).hostname || '127.0.0.1';
  } catch {
    return '127.0.0.1';
  }
}

/** What a player connects to: one address per gateway, separated by spaces. */
export const liveUrl = (gateway: GatewayAddress, id: string): string =>
  allGateways(gateway)
    .map(({ ws }) => `${ws}/live/${id}`)
    .join(' ');
