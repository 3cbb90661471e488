import { operatorToken, readGatewayConfig, startGateway } from '@topicast/gateway';
import { openLog, readSharedConfig, requireKafka } from './open-log.js';
import { runProgram } from './program.js';

await runProgram(false, async (signal, logger) => {
  const shared = readSharedConfig();
  const config = readGatewayConfig(process.env);
  requireKafka(shared, 'gateway');
  const log = await openLog(shared, logger, signal);
  const token = await operatorToken(config);
  const gateway = await startGateway({ log, config, logger, operatorToken: token });
  logger.info({ port: gateway.port }, 'gateway is ready');
  return {
    async close() {
      await gateway.close();
      await log.close();
    },
  };
});
