import { openThumbnails, THUMBNAILS_TABLE } from '@topicast/contracts/thumbnails';
import type { Milliseconds } from '@topicast/contracts/units';
import type { ProcessorContext } from '../processors.js';
import type { Processor } from '../worker/processor.js';
import { takePicture } from './picture.js';
import { PictureQueue } from './picture-queue.js';
import { Thumbnails } from './thumbnails.js';

/** @throws {LogError} */
export async function openThumbnailing(
  { log, ffmpegPath, metrics, logger }: ProcessorContext,
  every: Milliseconds,
): Promise<Processor> {
  const table = openThumbnails(await log.table(THUMBNAILS_TABLE), (stream, error) =>
    logger.warn({ stream, err: error }, 'a row of the thumbnails cannot be read'),
  );
  const pictures = new PictureQueue((keyframe, signal) => takePicture(keyframe, ffmpegPath, signal));
  return new Thumbnails({ table, every, pictures, counts: metrics.pictures, logger });
}
