import { availableParallelism } from 'node:os';
import { operatorToken, readGatewayConfig } from '@topicast/gateway';
import { openGateway } from './open-gateway.js';
import { openLog, readSharedConfig, requireKafka } from './open-log.js';
import { runProgram } from './program.js';

await runProgram(false, async (signal, logger, fail) => {
  const shared = readSharedConfig();
  const config = readGatewayConfig(process.env);
  requireKafka(shared, 'gateway');
  const log = await openLog(shared, logger, fail);
  const token = await operatorToken(config);
  const workers = config.workers ?? availableParallelism();
  const gateway = await openGateway({ log, config, logger, operatorToken: token, signal }, workers);
  logger.info({ port: gateway.port, workers }, 'gateway listens');
  return {
    drainMs: config.drain,
    async close() {
      await gateway.close();
      await log.close();
    },
  };
});
