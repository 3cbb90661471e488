import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Problem } from '@topicast/contracts/http';
import { milliseconds } from '@topicast/contracts/units';

/** Long enough for the answer to arrive. */
const LINGER = milliseconds(1_000);

/**
 * Answer a request that has no response object, and get rid of its connection. Ending the connection closes only our
 * half: a client that keeps its half open, or reads nothing, would keep the descriptor for good.
 */
export function refuse(socket: Duplex, problem: Problem): void {
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
      'Connection: close',
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
  const destroying = setTimeout(() => socket.destroy(), LINGER);
  socket.once('close', () => clearTimeout(destroying));
}
