/**
 * Why a source cannot be streamed; the message is for the streamer.
 * - `invalid`: it is malformed
 * - `refused`: it is not allowed
 * - `unreachable`: it is not there now, but may be later. Only this is worth another try.
 */
type SourceErrorCode = 'invalid' | 'refused' | 'unreachable';

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
