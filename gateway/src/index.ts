export { operatorToken } from './access/operator-token.js';
export { startGatewayCluster } from './cluster/primary.js';
export { runGatewayWorker } from './cluster/worker.js';
export { readGatewayConfig } from './config.js';
export { type Gateway, type GatewayOptions, startGateway } from './gateway.js';
