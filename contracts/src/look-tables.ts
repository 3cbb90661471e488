import { z } from 'zod';
import { encoding, ladder, lookableSource } from './http.js';
import { sourceLook } from './look.js';
import { type KeyValueTable, type RowKind, TypedTable } from './typed-table.js';

/** No look takes longer. Its rows are removed by then, whoever died meanwhile. */
export const LOOK_LIMIT_MS = 30_000;

/**
 * A row of `topicast.streams` under `looking/<name>`: somebody wants to know what is in a source. The producer that owns
 * the row looks; whoever asked removes it, which also ends the look.
 */
const lookRequest = z.object({
  at: z.iso.datetime(),
  source: lookableSource,
  ladder: ladder.optional(),
  encoding: encoding.optional(),
});
export type LookRequest = z.infer<typeof lookRequest>;

/** A row of `topicast.status` under `looked/<name>`; its producer removes it when the request is gone. */
const lookAnswer = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('found'), found: sourceLook }),
  /** `refused`: it may not be opened. `failed`: it could not be. `busy`: there was no time to look at it. */
  z.object({ outcome: z.enum(['refused', 'failed', 'busy']), problem: z.string().max(2_000) }),
]);
export type LookAnswer = z.infer<typeof lookAnswer>;

const NAME = /^[0-9a-f-]{36}$/;
const isName = (text: string): text is string => NAME.test(text);
const REQUESTS: RowKind<string, LookRequest> = { prefix: 'looking/', isName, schema: lookRequest };
const ANSWERS: RowKind<string, LookAnswer> = { prefix: 'looked/', isName, schema: lookAnswer };

/** The name of a request in its table, as a producer's share of the table counts it. */
export const lookRequestKey = (name: string): string => REQUESTS.prefix + name;

/** Questions about sources and their answers. Gateways ask, and producers, which have ffmpeg, answer. */
export class LookTables {
  /** By a name that is used once (RFC 9562 UUID). */
  readonly requests: TypedTable<string, LookRequest>;
  readonly answers: TypedTable<string, LookAnswer>;

  constructor(
    tables: { readonly streams: KeyValueTable; readonly status: KeyValueTable },
    /** Called with each row that cannot be read. */
    onDamaged?: (name: string, error: Error) => void,
  ) {
    this.requests = new TypedTable(tables.streams, REQUESTS, onDamaged);
    this.answers = new TypedTable(tables.status, ANSWERS, onDamaged);
  }

  close(): void {
    this.requests.close();
    this.answers.close();
  }
}
