/**
 * Why a source cannot be streamed; the message is for the streamer.
 * - `invalid`: it is not written as it must be
 * - `refused`: it is not allowed
 * - `unreachable`: it is not there now, and may be later. Only this is worth another try.
 */
export type SourceErrorCode = 'invalid' | 'refused' | 'unreachable';

export class SourceError extends Error {
  override readonly name = 'SourceError';
  constructor(
    readonly code: SourceErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
