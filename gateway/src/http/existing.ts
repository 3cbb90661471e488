import { isStreamId, type StreamId } from '@topicast/contracts/stream-id';
import { ApiError } from './problem.js';

/** A text that is not an id names no stream. @throws {ApiError} 404 */
export function existing(text: string): StreamId {
  if (!isStreamId(text)) throw unknownStream(text);
  return text;
}

export const unknownStream = (id: string): ApiError =>
  new ApiError(404, `there is no stream "${id.slice(0, 80)}"`);
