import { z } from 'zod';
import { streamIdText } from './http.js';
import { isStreamId, type StreamId } from './stream-id.js';
import { titleText } from './title.js';
import { type KeyValueTable, type RowKind, TypedTable } from './typed-table.js';

/**
 * Compacted topic: where streams are sent on to. A topic of its own, because its rows hold the keys of other services:
 * whoever runs Kafka can let fewer people read it than the rest.
 */
export const DESTINATIONS_TABLE = 'topicast.destinations';

/** A status is written at least this often while a process looks after the destination. */
export const DESTINATION_NEWS_MS = 5_000;
/** After this long without news, nobody looks after it. */
export const DESTINATION_SILENCE_MS = 15_000;
export const MOST_DESTINATIONS = 10;

const LONGEST_ADDRESS = 2_048;

/** What a user may ask for. */
export const createDestinationRequest = z
  .object({
    url: z
      .string()
      .min(1)
      .max(LONGEST_ADDRESS)
      .describe('rtmp://, rtmps:// or srt://: of the server alone, or with the stream key at its end'),
    key: z.string().min(1).max(LONGEST_ADDRESS).optional().describe('the stream key, for rtmp and rtmps'),
    title: titleText.optional().describe('for people; if absent, the host of the address'),
  })
  .strict();
export type CreateDestinationRequest = z.infer<typeof createDestinationRequest>;

/** A row of `topicast.destinations`, key: `<stream id>/<id>`. The desired state; it is made and deleted, never changed. */
export const destinationRow = z.object({
  id: z.uuid(),
  stream: streamIdText,
  /** Of the server; for SRT, with the options, some of which are secret. */
  url: z.string().min(1).max(LONGEST_ADDRESS),
  key: z.string().min(1).max(LONGEST_ADDRESS).optional(),
  createdAt: z.iso.datetime(),
  /** Of the stream for which it was made: a later stream with the same id does not inherit it. */
  incarnation: z.string().max(64).optional(),
  title: titleText.optional(),
});
export type DestinationRow = z.infer<typeof destinationRow>;

/**
 * - `off`: the stream is not on air
 * - `connecting`
 * - `live`: the destination takes what is sent
 * - `waiting`: the last attempt failed, and there will be another one
 * - `failed`: it is not tried again, because the destination may not or cannot be reached as it is
 */
export const DESTINATION_STATES = ['off', 'connecting', 'live', 'waiting', 'failed'] as const;
export type DestinationState = (typeof DESTINATION_STATES)[number];

const counts = {
  attempts: z
    .number()
    .int()
    .describe('connections that were tried since the process took the destination over'),
  droppedPictures: z
    .number()
    .int()
    .describe('left out because the destination, or the way to it, was too slow'),
};
const problem = z.string().max(2_000);

/** How a destination is. */
const destinationHealth = z.discriminatedUnion('state', [
  z.object({ state: z.literal('off'), ...counts }),
  z.object({ state: z.literal('connecting'), problem: problem.optional(), ...counts }),
  z.object({
    state: z.literal('live'),
    since: z.iso.datetime(),
    bitrate: z.number().int().describe('bits a second, over the last seconds'),
    unsentBytes: z.number().int().describe('they wait for the destination to read on'),
    problem: problem.optional().describe('what of the stream the destination does not take'),
    ...counts,
  }),
  z.object({
    state: z.literal('waiting'),
    until: z.iso.datetime().optional().describe('when the next attempt is made, if that is known'),
    problem,
    ...counts,
  }),
  z.object({ state: z.literal('failed'), problem, ...counts }),
]);
export type DestinationHealth = z.infer<typeof destinationHealth>;

/**
 * A row of `topicast.status` under `destination/<stream id>/<id>`, written by the process that has the destination. The
 * turn orders the rows: who takes a destination over takes a higher one, and who sees a higher one lets go.
 */
export const destinationStatus = z.object({
  processor: z.string(),
  turn: z.number().int(),
  /** When it was written: a row that says the same as before is news too. */
  at: z.iso.datetime(),
  health: destinationHealth,
});
export type DestinationStatus = z.infer<typeof destinationStatus>;

/** What the API shows: never the key. */
export const destinationInfo = z.object({
  id: z.uuid(),
  title: z.string(),
  url: z.string().describe('without the stream key and other secrets'),
  createdAt: z.iso.datetime(),
  health: destinationHealth,
});
export type DestinationInfo = z.infer<typeof destinationInfo>;

export const destinationList = z.object({ destinations: z.array(destinationInfo) });

declare const brand: unique symbol;
/** The key of a destination's rows: `<stream id>/<id>`. */
export type DestinationKey = string & { readonly [brand]: 'DestinationKey' };

const UUID = /^[0-9a-f-]{36}$/;
export const isDestinationKey = (text: string): text is DestinationKey => {
  const slash = text.indexOf('/');
  return slash > 0 && isStreamId(text.slice(0, slash)) && UUID.test(text.slice(slash + 1));
};
export const destinationKey = ({ stream, id }: Pick<DestinationRow, 'stream' | 'id'>): DestinationKey =>
  `${stream}/${id}` as DestinationKey;
export const streamOfDestination = (key: DestinationKey): StreamId =>
  key.slice(0, key.indexOf('/')) as StreamId;

const ROWS: RowKind<DestinationKey, DestinationRow> = {
  ...{ prefix: '', isName: isDestinationKey, schema: destinationRow, nameOf: destinationKey },
};
const STATUSES: RowKind<DestinationKey, DestinationStatus> = {
  ...{ prefix: 'destination/', isName: isDestinationKey, schema: destinationStatus },
  isLate: (row, newest) =>
    row.turn < newest.turn || (row.turn === newest.turn && row.processor !== newest.processor),
};

/** Where streams should be sent on to, and how that goes. */
export class DestinationTables {
  readonly rows: TypedTable<DestinationKey, DestinationRow>;
  readonly statuses: TypedTable<DestinationKey, DestinationStatus>;

  constructor(
    tables: { readonly destinations: KeyValueTable; readonly status: KeyValueTable },
    /** Called with each row that cannot be read. */
    onDamaged?: (name: DestinationKey, error: Error) => void,
  ) {
    this.rows = new TypedTable(tables.destinations, ROWS, onDamaged);
    this.statuses = new TypedTable(tables.status, STATUSES, onDamaged);
  }

  close(): void {
    this.rows.close();
    this.statuses.close();
  }
}
