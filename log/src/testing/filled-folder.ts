import { streamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import { numberedChunk } from '@topicast/test/numbered-chunks';
import { openEmbeddedLog } from '../embedded/embedded-log.js';

export const FILM = streamId('film');
/** Sizes of the chunks of each rendition: values with their own pages, several values in one page, both. */
export const SIZES = [12_500, 376, 2_000] as const;
const RECORDS = 160;
const RETAINED_BYTES = 120_000;

/** A closed data folder with chunks, and with pages that are free again. */
export async function fillFolder(directory: string): Promise<void> {
  const log = await openEmbeddedLog({ directory });
  const settings = {
    partitions: SIZES.length,
    retentionMs: milliseconds(3_600_000),
    retentionBytes: RETAINED_BYTES,
  };
  await log.createTopic(FILM, settings);
  for (let sequence = 0; sequence < RECORDS; sequence++) {
    for (const [rendition, size] of SIZES.entries())
      await log.append(FILM, rendition, [numberedChunk(1, sequence, size)]);
  }
  while ((await log.bounds(FILM, 0)).earliest < RECORDS / 2)
    await new Promise((resolve) => setTimeout(resolve, 50));
  await log.append(FILM, 0, [numberedChunk(1, RECORDS, SIZES[0])]);
  await log.close();
}
