import { z } from 'zod';
import { isStreamId, type StreamId } from './stream-id.js';
import { type KeyValueTable, type RowKind, TypedTable } from './typed-table.js';

/** A compacted topic, key: the stream id. In the embedded log its rows end with the process, as those of the status. */
export const THUMBNAILS_TABLE = 'topicast.thumbnails';

/** Base64 makes four bytes of three. A picture of 320 pixels has some 12 KB; noise has 45. */
export const MOST_THUMBNAIL_BYTES = 64 * 1024;
const MOST_TEXT = Math.ceil(MOST_THUMBNAIL_BYTES / 3) * 4;

const thumbnailRow = z.object({
  /** When the picture was taken in by its encoder. */
  at: z.iso.datetime(),
  session: z.number().int().nonnegative(),
  jpeg: z.base64().min(1).max(MOST_TEXT),
});
export type ThumbnailRow = z.infer<typeof thumbnailRow>;

const THUMBNAILS: RowKind<StreamId, ThumbnailRow> = { prefix: '', isName: isStreamId, schema: thumbnailRow };

/** The rows of `topicast.thumbnails`, and the only way to write them. */
export const openThumbnails = (
  table: KeyValueTable,
  onDamaged?: (stream: StreamId, error: Error) => void,
): TypedTable<StreamId, ThumbnailRow> => new TypedTable(table, THUMBNAILS, onDamaged);
