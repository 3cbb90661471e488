import type { DestinationRow } from '@topicast/contracts/destination';
import {
  type JudgedDestination,
  judgeDestination,
  type RtmpDestination,
  SourceError,
} from '@topicast/sources';
import { dial, type Network } from '@topicast/sources/open';
import { DestinationError } from './destination-error.js';
import type { Outlet } from './outlet.js';
import { RtmpPublication } from './rtmp/publication.js';
import { RtmpOutlet } from './rtmp/rtmp-outlet.js';
import { openSrt } from './srt/srt-outlet.js';

export interface OpenRules {
  readonly allowPrivate: boolean;
  readonly ffmpegPath: string;
  /** Tests have their own. */
  readonly network?: Network;
}

/**
 * Connect to a destination, which is judged again.
 * @throws {DestinationError}
 */
export async function openDestination(
  row: Pick<DestinationRow, 'url' | 'key'>,
  rules: OpenRules,
  signal: AbortSignal,
): Promise<Outlet> {
  const judged = judge(row, rules);
  try {
    return await (judged.kind === 'srt' ? openSrt(judged, rules, signal) : openRtmp(judged, rules, signal));
  } catch (error) {
    throw inWords(error, judged);
  }
}

async function openRtmp(
  judged: RtmpDestination,
  { network }: OpenRules,
  signal: AbortSignal,
): Promise<Outlet> {
  const socket = await dial(judged, network);
  return new RtmpOutlet(await RtmpPublication.open(socket, judged, { signal }));
}

function judge(row: Pick<DestinationRow, 'url' | 'key'>, rules: OpenRules): JudgedDestination {
  try {
    return judgeDestination(row, rules);
  } catch (error) {
    throw error instanceof SourceError
      ? new DestinationError('barred', error.message, { cause: error })
      : error;
  }
}

const CERTIFICATE = /CERT|SELF_SIGNED|LEAF_SIGNATURE/;

/** Why a destination cannot be connected to, for the streamer. */
function inWords(error: unknown, destination: JudgedDestination): unknown {
  if (!(error instanceof SourceError)) return error;
  const options = { cause: error };
  if (error.code === 'refused') return new DestinationError('barred', error.message, options);
  if (destination.kind === 'srt') return new DestinationError('unreachable', error.message, options);
  const { host, port, tls } = destination.target;
  const where = `${host}:${port}`;
  const code = codeOf(error.cause);
  if (CERTIFICATE.test(code)) {
    return new DestinationError(
      'unreachable',
      `The certificate of ${where} is not valid (${code}), so nothing is sent there: check the address.`,
      options,
    );
  }
  if (tls && (code === 'EPROTO' || code.startsWith('ERR_SSL'))) {
    return new DestinationError(
      'unreachable',
      `${where} does not speak TLS: check the port, or use rtmp:// instead of rtmps://.`,
      options,
    );
  }
  if (code === 'ECONNREFUSED') {
    return new DestinationError(
      'unreachable',
      `Nobody takes connections at ${where}: check the address and the port, and that the server runs.`,
      options,
    );
  }
  return new DestinationError('unreachable', `The destination cannot be reached: ${error.message}`, options);
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
