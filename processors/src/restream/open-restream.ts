import { DESTINATIONS_TABLE, DestinationTables } from '@topicast/contracts/destination';
import type { KeyValueTable } from '@topicast/contracts/typed-table';
import type { Tables } from '@topicast/log';
import type { Logger } from 'pino';
import { RestreamProcessor } from './restream-processor.js';

interface RestreamContext {
  readonly log: Tables;
  /** `topicast.status`, opened. */
  readonly status: KeyValueTable;
  readonly config: { readonly member: string; readonly allowPrivateUrls: boolean };
  readonly ffmpegPath: string;
  readonly logger: Logger;
}

/** @throws {LogError} */
export async function openRestream({
  log,
  status,
  config,
  ffmpegPath,
  logger,
}: RestreamContext): Promise<RestreamProcessor> {
  const destinations = await log.table(DESTINATIONS_TABLE);
  const tables = new DestinationTables({ destinations, status }, (destination, error) =>
    logger.warn({ destination, err: error }, 'a row of a destination cannot be read'),
  );
  const rules = { allowPrivate: config.allowPrivateUrls, ffmpegPath };
  return new RestreamProcessor({ tables, member: config.member, rules, logger });
}
