import { once } from 'node:events';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Milliseconds } from '@topicast/contracts/units';
import type { Receiver } from './receiver.js';
import { signedHeaders } from './signature.js';

export interface Message {
  /** The same in each attempt, so that receivers can drop repeats. */
  readonly id: string;
  /** JSON. */
  readonly body: string;
}

/** Only the status counts. What comes after it is read so that a receiver can finish its answer, but no more of it. */
const MOST_ANSWER_BYTES = 16 * 1024;

/**
 * Send a message once, and resolve with the status of the answer. Redirects are not followed.
 * @throws {Error} if there is no answer in time, with words for operators; the signal's reason
 */
export async function post(
  { url, key, agent }: Receiver,
  { id, body }: Message,
  { within, signal }: { readonly within: Milliseconds; readonly signal: AbortSignal },
): Promise<number> {
  const tooLate = AbortSignal.timeout(within);
  const request = (url.protocol === 'https:' ? requestTls : requestPlain)(url, {
    ...{ method: 'POST', agent, signal: AbortSignal.any([signal, tooLate]) },
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'Topicast',
      ...signedHeaders({ id, body }, key, Math.floor(Date.now() / 1_000)),
    },
  });
  // What goes wrong behind the status is of no interest, and must not end the process.
  request.on('error', () => undefined);
  request.end(body);
  try {
    const [response]: IncomingMessage[] = await once(request, 'response');
    await readSome(response!);
    return response!.statusCode!;
  } catch (error) {
    signal.throwIfAborted();
    if (tooLate.aborted) throw new Error(`no answer within ${within / 1_000} s`, { cause: error });
    throw error;
  } finally {
    request.destroy();
  }
}

async function readSome(response: IncomingMessage): Promise<void> {
  let bytes = 0;
  try {
    for await (const piece of response) {
      bytes += (piece as Buffer).byteLength;
      if (bytes > MOST_ANSWER_BYTES) return;
    }
  } catch {
    // It has said its status.
  }
}
