import { readProducerConfig, startProducer } from '@topicast/producer';
import { HELP, parseArguments } from './arguments.js';
import { openLog, readSharedConfig, requireKafka } from './open-log.js';
import { runProgram } from './program.js';

await runProgram(false, async (signal, logger, fail) => {
  const shared = readSharedConfig();
  const config = readProducerConfig(process.env);
  const { inputs, help } = parseArguments(process.argv.slice(2), { demo: false });
  if (help) {
    process.stdout.write(`npm run producer -- [options]\n\n${HELP}`);
    process.exit(0);
  }
  requireKafka(shared, 'producer');
  const log = await openLog(shared, logger, fail);
  const producer = await startProducer({ log, config, logger, inputs, signal });
  return {
    async close() {
      await producer.close();
      await log.close();
    },
  };
});
