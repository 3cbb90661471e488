import type { Value, WireError } from '@topicast/rtmp';
import { DestinationError } from '../destination-error.js';
import { statusIn } from './commands.js';

/** How far the conversation with a server is; each step waits for an answer to the one before. */
export type Step = 'handshake' | 'connect' | 'create' | 'publish' | 'live';

interface Place {
  readonly step: Step;
  readonly application: string;
}

/** It said no. */
export function refused(place: Place, values: readonly Value[], key: string): DestinationError {
  const { words } = statusIn(values, key);
  const said = words === '' ? 'without saying why' : `it says: "${words}"`;
  const what = place.step === 'live' ? 'ended the stream' : 'refused the stream';
  return new DestinationError('refused', `The destination ${what}; ${said}. ${remedy(place)}`);
}

/** It hung up. @param code the system's, if there is one */
export function hungUp(place: Place, code: string | undefined): DestinationError {
  const why = code === undefined ? '' : ` (${code})`;
  return place.step === 'live'
    ? new DestinationError('closed', `The destination closed the connection${why}.`)
    : new DestinationError(
        'refused',
        `The destination closed the connection before it took the stream${why}. ${remedy(place)}`,
      );
}

export const silent = (place: Place): DestinationError =>
  new DestinationError(
    'unreachable',
    `The destination took the connection, but did not answer. ${remedy(place)}`,
  );

export const notRtmp = ({ step }: Place, error: WireError): DestinationError =>
  new DestinationError(
    'refused',
    step === 'handshake'
      ? 'The destination does not speak RTMP at this address: check the address and the port.'
      : `The destination sent what is not RTMP (${error.message}).`,
  );

const remedy = ({ step, application }: Place): string =>
  step === 'connect' || step === 'handshake'
    ? `Check the address of the server, and its application "${application.split('?')[0]}".`
    : 'Check the stream key, and that nobody else sends with it.';
