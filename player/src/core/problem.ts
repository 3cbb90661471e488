import { CloseCode, type RetryAdvice, retryAdvice } from '@topicast/contracts/close-codes';
import type { Problem, ProblemReason } from './types.js';

/** How a connection ended, or why there was none. */
export interface Ending {
  readonly problem: Problem;
  readonly retry: RetryAdvice;
}

const KNOWN: Readonly<Record<number, readonly [ProblemReason, string]>> = {
  [CloseCode.goingAway]: ['unreachable', 'The gateway is restarting.'],
  [CloseCode.badMessage]: ['protocol', 'The gateway did not understand the player.'],
  [CloseCode.unauthorized]: ['unauthorized', 'This stream needs a valid token.'],
  [CloseCode.forbidden]: ['forbidden', 'The token is not for this stream.'],
  [CloseCode.unknownStream]: ['unknown-stream', 'There is no such stream yet.'],
  [CloseCode.heartbeatTimeout]: ['unreachable', 'The gateway does not hear the player.'],
  [CloseCode.streamDeleted]: ['deleted', 'The stream was deleted.'],
  [CloseCode.tooMany]: ['too-many', 'Too many viewers; trying again.'],
  [CloseCode.logUnavailable]: ['log-unavailable', 'The gateway cannot reach its log; trying again.'],
};

/** @param code of the close frame; 1005 or 1006 if there was none @param opened whether the upgrade succeeded */
export function endingOfClose(code: number, opened: boolean): Ending {
  const [reason, message] = KNOWN[code] ?? [
    'unreachable',
    opened ? 'The connection to the gateway broke.' : 'The gateway does not answer.',
  ];
  return { problem: { reason, message, code }, retry: retryAdvice(code) };
}
