/** Why a gateway closes a WebSocket, and what the client then does. 4000-4999 are for private use (RFC 6455 7.4.2). */
export const CloseCode = {
  /** The gateway is going down, and this viewer has not moved: reconnect at once, elsewhere or here, and resume. */
  goingAway: 1001,
  /** A message that is not a `topicast.v1` message: a bug, do not retry. */
  badMessage: 4400,
  /** No token, or one that is no longer valid: get another one. */
  unauthorized: 4401,
  /** The token is for something else: do not retry. */
  forbidden: 4403,
  /** No such stream: retry slowly, it may be created. */
  unknownStream: 4404,
  /** Nothing has shown that the viewer reads: reconnect and resume. */
  heartbeatTimeout: 4408,
  /** The stream was deleted: retry slowly. */
  streamDeleted: 4410,
  /** Too many viewers, or too many messages: retry with back-off. */
  tooMany: 4429,
  /** The log is away, or cannot be read: retry with back-off. */
  logUnavailable: 4503,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** `never`, `slowly` (every 5 to 10 s), or `soon` (at once, then with back-off). Unknown codes: `soon`. */
export type RetryAdvice = 'never' | 'slowly' | 'soon';

export function retryAdvice(code: number): RetryAdvice {
  switch (code) {
    case CloseCode.badMessage:
    case CloseCode.unauthorized:
    case CloseCode.forbidden:
      return 'never';
    case CloseCode.unknownStream:
    case CloseCode.streamDeleted:
      return 'slowly';
    default:
      return 'soon';
  }
}
