import { ProducerMetrics, readProducerConfig, startHealthServer, startProducer } from '@topicast/producer';
import { parseArguments } from './arguments.js';
import { checkMediaFolders } from './folders.js';
import { PRODUCER_HELP } from './help.js';
import { openLog, readSharedConfig, requireKafka } from './open-log.js';
import { endWithHelp, noteUnknownSettings, runProgram } from './program.js';

await runProgram(false, async (signal, logger, fail) => {
  const { inputs, help } = parseArguments(process.argv.slice(2), { demo: false });
  if (help) endWithHelp(PRODUCER_HELP);
  noteUnknownSettings(logger);
  const shared = readSharedConfig();
  const config = readProducerConfig(process.env);
  requireKafka(shared, 'producer');
  await checkMediaFolders(config.mediaDirs, logger);
  const log = await openLog(shared, logger, fail);
  const metrics = new ProducerMetrics();
  let isStarted = false;
  const health =
    config.health &&
    (await startHealthServer({
      ...config.health,
      ...{ log, metrics, isStarted: () => isStarted },
      ...{ program: 'the producer', setting: 'TOPICAST_PRODUCER_PORT' },
    }));
  const producer = await startProducer({ log, config, logger, inputs, signal, metrics });
  isStarted = true;
  return {
    async close() {
      isStarted = false;
      await producer.close();
      await health?.close();
      await log.close();
    },
  };
});
