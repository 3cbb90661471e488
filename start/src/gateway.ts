import { availableParallelism } from 'node:os';
import { operatorToken, readGatewayConfig } from '@topicast/gateway';
import { asksForHelp } from './arguments.js';
import { checkMediaFolders, prepareDataFolder } from './folders.js';
import { GATEWAY_HELP } from './help.js';
import { openGateway } from './open-gateway.js';
import { openLog, readSharedConfig, requireKafka } from './open-log.js';
import { endWithHelp, noteUnknownSettings, runProgram } from './program.js';

await runProgram(false, async (signal, logger, fail) => {
  if (asksForHelp(process.argv.slice(2))) endWithHelp(GATEWAY_HELP);
  noteUnknownSettings(logger);
  const shared = readSharedConfig();
  const config = readGatewayConfig(process.env);
  requireKafka(shared, 'gateway');
  await checkMediaFolders(config.mediaDirectories, logger);
  if (config.token === undefined) await prepareDataFolder(shared.TOPICAST_DATA_DIR);
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
