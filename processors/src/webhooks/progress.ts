import { createHash } from 'node:crypto';
import { type KeyValueTable, type RowKind, TypedTable } from '@topicast/contracts/typed-table';
import type { EventStart } from '@topicast/log';
import { z } from 'zod';

/** A compacted topic: how far each receiver has been told. */
export const WEBHOOKS_TABLE = 'topicast.webhooks';
/** Shares its rows out: each receiver has one owner among the processes. */
export const WEBHOOKS_GROUP = 'topicast.processors.webhooks';

declare const brand: unique symbol;
/** Of an address, which may contain a secret, so we write only its hash. */
export type ReceiverKey = string & { readonly [brand]: 'ReceiverKey' };

const KEY = /^[0-9a-f]{64}$/;
const isReceiverKey = (text: string): text is ReceiverKey => KEY.test(text);
export const receiverKey = ({ href }: URL): ReceiverKey =>
  createHash('sha256').update(href).digest('hex') as ReceiverKey;

const progress = z.union([
  /** The event that comes next. */
  z.object({ next: z.number().int().nonnegative() }),
  /** It is new, and gets what happens from this time on: ms since the epoch. */
  z.object({ since: z.number().int().nonnegative() }),
]);
export type Progress = z.infer<typeof progress>;
export type ProgressTable = TypedTable<ReceiverKey, Progress>;

const PROGRESS: RowKind<ReceiverKey, Progress> = { prefix: '', isName: isReceiverKey, schema: progress };

export const openProgress = (table: KeyValueTable, onDamaged?: () => void): ProgressTable =>
  new TypedTable(table, PROGRESS, onDamaged);

export const startOf = (row: Progress): EventStart =>
  'next' in row
    ? { at: 'offset', offset: row.next }
    : { at: 'time', time: row.since as Extract<EventStart, { at: 'time' }>['time'] };
