import { ProcessorsMetrics, readProcessorsConfig, startProcessors } from '@topicast/processors';
import { findFfmpeg, startHealthServer } from '@topicast/producer';
import { asksForHelp } from './arguments.js';
import { PROCESSORS_HELP } from './help.js';
import { openLog, readSharedConfig, requireKafka } from './open-log.js';
import { endWithHelp, noteUnknownSettings, runProgram } from './program.js';

await runProgram(false, async (signal, logger, fail) => {
  if (asksForHelp(process.argv.slice(2))) endWithHelp(PROCESSORS_HELP);
  noteUnknownSettings(logger);
  const shared = readSharedConfig();
  const config = readProcessorsConfig(process.env);
  requireKafka(shared, 'processors');
  const { path: ffmpegPath } = await findFfmpeg(process.env.FFMPEG_PATH || undefined);
  const log = await openLog(shared, logger, fail);
  const metrics = new ProcessorsMetrics();
  let isStarted = false;
  const health =
    config.health &&
    (await startHealthServer({
      ...config.health,
      ...{ log, metrics, isStarted: () => isStarted },
      ...{ program: 'processors', setting: 'TOPICAST_PROCESSORS_PORT' },
    }));
  const processors = await startProcessors({ log, config, ffmpegPath, logger, signal, metrics });
  isStarted = true;
  return {
    async close() {
      isStarted = false;
      await processors.close();
      await health?.close();
      await log.close();
    },
  };
});
