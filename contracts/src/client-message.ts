import { z } from 'zod';
import { MAX_RENDITION, parsePosition } from './position.js';
import { SYNC_GROUP_PATTERN } from './sync.js';

export const MAX_CLIENT_MESSAGE_BYTES = 1024;

const positionText = z.string().refine((text) => parsePosition(text) !== undefined, 'is not a position');

/** JSON control messages, viewer to gateway. The player uses only the type; the gateway checks with the schema. */
const clientMessage = z.discriminatedUnion('type', [
  /** Everything up to and including this chunk has arrived; sent at once for each chunk that asks. */
  z.object({ type: z.literal('ack'), position: positionText }),
  /** `client`: any number that the viewer chooses (its clock); it is sent back unchanged. */
  z.object({ type: z.literal('clock'), client: z.number() }),
  /** Continue at the newest keyframe, or at the chunk after this position. */
  z.object({ type: z.literal('seek'), to: z.union([z.literal('live'), positionText]) }),
  /**
   * Continue with another rendition, at its next keyframe. A rendition that the stream does not have changes nothing.
   */
  z.object({ type: z.literal('rendition'), to: z.number().int().min(0).max(MAX_RENDITION) }),
  /** Leave out the picture from the next keyframe on, or bring it back at once. */
  z.object({ type: z.literal('picture'), wanted: z.boolean() }),
  /**
   * Be a member of this group, which shows pictures with a common delay. `needs`: how far behind their wall clock this
   * viewer can show them, in ms; absent if that is not known yet.
   */
  z.object({
    type: z.literal('sync'),
    group: z.string().regex(SYNC_GROUP_PATTERN),
    needs: z.number().min(0).max(3_600_000).optional(),
  }),
]);
export type ClientMessage = z.infer<typeof clientMessage>;

/** The message in a text, or what is wrong with it. */
export function parseClientMessage(text: string): ClientMessage | { type: 'invalid'; problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { type: 'invalid', problem: 'not JSON' };
  }
  const result = clientMessage.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  return {
    type: 'invalid',
    problem: `${issue?.path.join('.') || 'message'}: ${issue?.message ?? 'invalid'}`,
  };
}
