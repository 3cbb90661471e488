import { z } from 'zod';
import { isStreamId, type StreamId } from './stream-id.js';
import { type KeyValueTable, type RowKind, TypedTable } from './typed-table.js';

/** What can be wrong with what viewers see and hear, although everything technical works. */
export const FINDINGS = ['black', 'frozen', 'silent', 'loud', 'quiet'] as const;

export const finding = z.object({
  kind: z.enum(FINDINGS),
  since: z.iso.datetime().describe('when it began, UTC'),
  words: z.string().max(400).describe('what is wrong, and what to change'),
});
export type Finding = z.infer<typeof finding>;

export const analysis = z.object({
  findings: z.array(finding).max(FINDINGS.length),
  loudness: z
    .number()
    .min(-120)
    .max(20)
    .optional()
    .describe('of the last half minute, LUFS (EBU R 128); absent: nothing was heard'),
});
export type Analysis = z.infer<typeof analysis>;

/**
 * A row of `topicast.status` under `analysis/<stream>`: how a live stream looks and sounds. Written every few seconds
 * by the processor that reads it.
 */
export const analysisRow = analysis.extend({
  at: z.iso.datetime(),
  /** The session that was looked at. What was found in another one says nothing about the present one. */
  session: z.number().int().nonnegative(),
});
export type AnalysisRow = z.infer<typeof analysisRow>;

/** The processor writes at least this often; a row that is three times as old counts no more. */
export const ANALYSIS_EVERY_MS = 5_000;
export const ANALYSIS_SILENCE_MS = 3 * ANALYSIS_EVERY_MS;

const ANALYSES: RowKind<StreamId, AnalysisRow> = {
  prefix: 'analysis/',
  isName: isStreamId,
  schema: analysisRow,
};

/** Rows of `topicast.status` about how streams look and sound, and the only way to write them. */
export const openAnalyses = (
  status: KeyValueTable,
  onDamaged?: (stream: StreamId, error: Error) => void,
): TypedTable<StreamId, AnalysisRow> => new TypedTable(status, ANALYSES, onDamaged);
