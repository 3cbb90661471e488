import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';

/** A page of any origin may publish: it has to show a stream key, and a browser adds nothing by itself. */
const FOR_ALL_ORIGINS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'location',
};
const PREFLIGHT = {
  'access-control-allow-methods': 'POST, DELETE, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-max-age': '86400',
  'accept-post': 'application/sdp',
};

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export function answer(response: ServerResponse, { status, headers = {}, body = '' }: Answer): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    ...FOR_ALL_ORIGINS,
    ...headers,
    ...(status === 204 ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    connection: 'close',
  });
  response.end(body);
}

/** RFC 9457. */
export function answerProblem(
  response: ServerResponse,
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail });
  answer(response, { status, headers: { 'content-type': 'application/problem+json', ...headers }, body });
}

export const answerPreflight = (response: ServerResponse): void =>
  answer(response, { status: 204, headers: PREFLIGHT });

/** @returns undefined if it is longer, or its sender is gone */
export async function bodyOf(request: IncomingMessage, limit: number): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      size += part.byteLength;
      if (size > limit) return undefined;
      parts.push(part);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(parts).toString();
}
