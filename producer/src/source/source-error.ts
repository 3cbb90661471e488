/** A source that cannot be streamed; the message is for the streamer. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  constructor(
    /** `refused`: not allowed, trying again changes nothing; `unreachable`: it may appear. */
    readonly code: 'refused' | 'unreachable',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
