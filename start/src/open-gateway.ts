import { fileURLToPath } from 'node:url';
import { type Gateway, type GatewayOptions, startGateway, startGatewayCluster } from '@topicast/gateway';

/** A gateway with this many processes behind one port; with one, it is this very process. */
export function openGateway(options: GatewayOptions, workers: number): Promise<Gateway> {
  if (workers === 1) return startGateway(options);
  const script = fileURLToPath(new URL('./gateway-worker.js', import.meta.url));
  return startGatewayCluster({ ...options, workers, script });
}
