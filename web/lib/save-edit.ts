import type { EditStreamRequest, StreamInfo } from '@topicast/contracts/http';
import { GatewayError } from './gateway-client';
import { looksSame } from './stream-draft';

/** Somebody who starts or stops the stream all the time does not keep us here. */
const MOST_ATTEMPTS = 3;

interface EditedStream {
  /** Rejects with a {GatewayError} if the gateway refuses. */
  readonly send: (change: EditStreamRequest) => Promise<void>;
  /** The newest version. */
  readonly newest: () => Promise<StreamInfo>;
}

/**
 * Sends a change of a stream, and sends it again if somebody has only started or stopped the stream meanwhile, which is
 * no other opinion on what the form shows. `conflict`: somebody has changed it, or changes it all the time.
 * @throws {GatewayError} if the gateway refuses for any other reason
 */
export async function saveEdit(
  { send, newest }: EditedStream,
  change: EditStreamRequest,
  base: StreamInfo,
): Promise<'saved' | 'conflict'> {
  let { version } = change;
  for (let attempt = 1; ; attempt++) {
    try {
      await send({ ...change, version });
      return 'saved';
    } catch (error) {
      if (!isConflict(error)) throw error;
      const current = await newest();
      const versionNow = current.version ?? 0;
      // The status has other meanings, too.
      if (versionNow === version) throw error;
      if (attempt === MOST_ATTEMPTS || !looksSame(current, base)) return 'conflict';
      version = versionNow;
    }
  }
}

const isConflict = (error: unknown): boolean =>
  error instanceof GatewayError && error.failure.kind === 'refused' && error.failure.status === 409;
