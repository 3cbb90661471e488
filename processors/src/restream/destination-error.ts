/**
 * Why a destination does not get the stream; the message is for the streamer and says what to do.
 * - `barred`: it may not be reached, or its address is wrong: only another address helps
 * - `unreachable`: there is nobody, or nobody to be trusted
 * - `refused`: it answers, and does not want the stream
 * - `closed`: it ended a connection that worked
 * - `stalled`: it does not read what we send
 * - `unsupported`: it cannot take what the stream is made of
 */
export type DestinationErrorCode =
  | 'barred'
  | 'unreachable'
  | 'refused'
  | 'closed'
  | 'stalled'
  | 'unsupported';

export class DestinationError extends Error {
  override readonly name = 'DestinationError';
  constructor(
    readonly code: DestinationErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
