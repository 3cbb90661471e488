import { readConfig, sharedSettings } from '@topicast/contracts/config';
import { z } from 'zod';
import {
  type GatewayAddress,
  gatewayAddress,
  gatewayBesideRequest,
  type RequestOrigin,
} from './gateway-address';

const gatewayUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });

const settings = z.object({
  TOPICAST_GATEWAY_PORT: sharedSettings.TOPICAST_GATEWAY_PORT,
  /** How this server reaches the gateway. */
  TOPICAST_GATEWAY_URL: gatewayUrl.optional(),
  /** How browsers reach it; without it: the host of the page, at the gateway's port. */
  TOPICAST_PUBLIC_GATEWAY_URL: gatewayUrl.optional(),
});

// Read at the first request, not at import: `next build` evaluates the modules on a machine with other settings.
let cached: z.output<typeof settings> | undefined;
function config(): z.output<typeof settings> {
  cached ??= readConfig(settings, process.env);
  return cached;
}

/** @throws {ConfigError} if a variable cannot be used. */
export function internalGateway(): GatewayAddress {
  const { TOPICAST_GATEWAY_URL, TOPICAST_GATEWAY_PORT } = config();
  return gatewayAddress(TOPICAST_GATEWAY_URL ?? `http://127.0.0.1:${TOPICAST_GATEWAY_PORT}`);
}

/** @throws {ConfigError} if a variable cannot be used. */
export function publicGateway(request: RequestOrigin): GatewayAddress {
  const { TOPICAST_PUBLIC_GATEWAY_URL, TOPICAST_GATEWAY_PORT } = config();
  return TOPICAST_PUBLIC_GATEWAY_URL
    ? gatewayAddress(TOPICAST_PUBLIC_GATEWAY_URL)
    : gatewayBesideRequest(request, TOPICAST_GATEWAY_PORT);
}
