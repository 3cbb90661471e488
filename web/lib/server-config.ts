import { ConfigError, DEFAULT_CAMERA_PORT, sharedSettings } from '@topicast/contracts/config';
import {
  type GatewayAddress,
  gatewayAddress,
  gatewayAddresses,
  gatewayBesideRequest,
  type RequestOrigin,
} from './gateway-address';

interface ServerConfig {
  /** How this server reaches the gateway. */
  readonly internal: GatewayAddress;
  /** How browsers reach it, or several gateways; by default the page's host, at the gateway's port. */
  readonly shared: GatewayAddress | undefined;
  readonly port: number;
  readonly camera: CameraSetting;
}

/** How browsers reach a producer that takes their cameras: at an address, or at a port of the page's host. */
type CameraSetting =
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'off' };

// Read at the first request, not at import, because `next build` evaluates the modules on a machine with other
// settings.
let cached: ServerConfig | undefined;
function config(): ServerConfig {
  cached ??= readServerConfig(process.env);
  return cached;
}

/** @throws {ConfigError} that names the variable in error. */
export function readServerConfig(environment: Record<string, string | undefined>): ServerConfig {
  const port = sharedSettings.TOPICAST_GATEWAY_PORT.safeParse(
    environment.TOPICAST_GATEWAY_PORT?.trim() || undefined,
  );
  if (!port.success) throw new ConfigError(`TOPICAST_GATEWAY_PORT: ${port.error.issues[0]?.message}`);
  const given = (
    name: string,
    read: (text: string) => GatewayAddress,
    several = '',
  ): GatewayAddress | undefined => {
    const text = environment[name]?.trim();
    if (!text) return undefined;
    try {
      return read(text);
    } catch (cause) {
      throw new ConfigError(`${name}: must be an http:// or https:// URL${several}`, { cause });
    }
  };
  const several = '; separate several with commas';
  return {
    internal:
      given('TOPICAST_GATEWAY_URL', gatewayAddress) ?? gatewayAddress(`http://127.0.0.1:${port.data}`),
    shared: given('TOPICAST_PUBLIC_GATEWAY_URL', gatewayAddresses, several),
    port: port.data,
    camera: readCamera(environment),
  };
}

function readCamera(environment: Record<string, string | undefined>): CameraSetting {
  const read = <Name extends 'TOPICAST_CAMERA_PORT' | 'TOPICAST_PUBLIC_CAMERA_URL'>(name: Name) => {
    const found = sharedSettings[name].safeParse(environment[name]?.trim() || undefined);
    if (!found.success) throw new ConfigError(`${name}: ${found.error.issues[0]?.message}`);
    return found.data;
  };
  const address = read('TOPICAST_PUBLIC_CAMERA_URL');
  const port = read('TOPICAST_CAMERA_PORT');
  if (typeof address === 'string') return { kind: 'address', address };
  return port === 'off' ? { kind: 'off' } : { kind: 'port', port: Number(port ?? DEFAULT_CAMERA_PORT) };
}

/** @throws {ConfigError} if a variable cannot be used. */
export const internalGateway = (): GatewayAddress => config().internal;

/** @throws {ConfigError} if a variable cannot be used. */
export function publicGateway(request: RequestOrigin): GatewayAddress {
  const { shared, port } = config();
  return shared ?? gatewayBesideRequest(request, port);
}

/** Where this visitor's browser can send its camera; undefined: nowhere. @throws {ConfigError} as above */
export function publicCamera(request: RequestOrigin): string | undefined {
  const { camera } = config();
  switch (camera.kind) {
    case 'address':
      return camera.address;
    case 'port':
      return gatewayBesideRequest(request, camera.port).ws;
    case 'off':
      return undefined;
  }
}
