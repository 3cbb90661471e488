import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';
import { expect, it } from 'vitest';
import { reasonToDismiss } from './dismissal.js';

const ROW: StreamRow = {
  ...{ id: 'show', title: 'show', source: { kind: 'ingest' }, enabled: true, startCount: 0 },
  ...{ createdAt: '2026-01-01T00:00:00Z', incarnation: 'a', ingestKeyHash: 'h', visibility: 'public' },
};
const status = (producer: string, session: number): StreamStatus => ({
  ...{ producer, session, state: 'live', notes: [], encoderLog: [], restarts: 0, droppedChunks: 0 },
});
const present = {
  me: 'me',
  session: 7,
  begunWith: ROW,
  row: ROW,
  status: status('me', 7),
  seenInTopic: undefined,
  showsSlate: false,
};
/** Another producer has claimed the stream for an encoder that is back. */
const claimed = { ...status('other', 8), awaySince: '2026-01-01T00:01:00Z' };

it.each([
  [undefined, {}],
  [undefined, { status: status('other', 6), seenInTopic: 6 }],
  ['deleted', { row: undefined }],
  ['deleted', { row: { ...ROW, incarnation: 'b' } }],
  ['deleted', { row: { ...ROW, source: { kind: 'test' as const } } }],
  ['stopped', { row: { ...ROW, enabled: false } }],
  ['overtaken', { status: status('other', 8) }],
  ['overtaken', { seenInTopic: 8 }],
  ['overtaken', { status: claimed }],
  [undefined, { status: claimed, showsSlate: true }],
  ['overtaken', { status: claimed, showsSlate: true, seenInTopic: 8 }],
  ['overtaken', { status: status('other', 8), showsSlate: true }],
])('%s: %o', (why, change) => {
  expect(reasonToDismiss({ ...present, ...change })).toBe(why);
});
