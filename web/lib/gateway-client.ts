import type { CreateDestinationRequest, DestinationInfo } from '@topicast/contracts/destination';
import type {
  CreateStreamRequest,
  EditStreamRequest,
  EncodingOffer,
  IngestAccess,
  IngestAddress,
  LookAtSourceRequest,
  Problem,
  StreamInfo,
} from '@topicast/contracts/http';
import { parseJson } from '@topicast/contracts/json';
import type { SourceLook } from '@topicast/contracts/look';
import type { StreamEvents } from '@topicast/contracts/stream-event';
import type { StreamHealth } from '@topicast/contracts/stream-health';
import { allGateways, type GatewayAddress } from './gateway-address';

/** Why a call to the gateway failed. Decide by `kind`, show `message`. */
type GatewayFailure =
  /** No answer: away, refused by the browser, or too slow. */
  | { readonly kind: 'unreachable' }
  /** 401 or 403 without a field: the operator token is missing or wrong. */
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'not-found' }
  /** The request was understood and refused; `fields` says why, by the name of the request's property. */
  | { readonly kind: 'refused'; readonly status: number; readonly fields: ReadonlyMap<string, string> };

export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  constructor(
    message: string,
    readonly failure: GatewayFailure,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** The operator's token; with it the list has sources, problems and the encoder's last lines. */
  readonly token?: string | undefined;
  /** Milliseconds. */
  readonly timeout?: number;
}

const TIMEOUT_MS = 5_000;
/** A producer has to open the source first, for which it has half a minute. */
const LOOK_TIMEOUT_MS = 35_000;

/** @throws {GatewayError} @throws {DOMException} AbortError if `signal` fired. */
export async function listStreams(gateway: GatewayAddress, options: CallOptions = {}): Promise<StreamInfo[]> {
  const body = await call(gateway, 'GET', '/api/streams', options);
  const streams = isObject(body) ? body.streams : undefined;
  if (!Array.isArray(streams)) throw notOurs();
  return streams;
}

export async function getStream(
  gateway: GatewayAddress,
  id: string,
  options: CallOptions = {},
): Promise<StreamInfo> {
  const body = await call(gateway, 'GET', `/api/streams/${id}`, options);
  if (!isObject(body) || typeof body.id !== 'string') throw notOurs();
  return body as unknown as StreamInfo;
}

/** @returns where its encoder has to send, for a stream that one publishes */
export async function createStream(
  gateway: GatewayAddress,
  request: CreateStreamRequest,
  options: CallOptions,
): Promise<IngestAccess | undefined> {
  const body = await call(gateway, 'POST', '/api/streams', options, request);
  return isObject(body) && isAccess(body.ingest) ? body.ingest : undefined;
}

/** Which one of the two encoders of a stream. */
export type IngestPlace = 'primary' | 'backup';

/** The old stream key is not valid any more, and whoever publishes with it is disconnected. */
export async function renewIngestKey(
  gateway: GatewayAddress,
  id: string,
  place: IngestPlace,
  options: CallOptions,
): Promise<IngestAccess> {
  const body = await call(gateway, 'POST', `/api/streams/${id}/ingest-key`, options, { for: place });
  if (!isAccess(body)) throw notOurs();
  return body;
}

/** Where the encoder of a stream has to send, without the key. */
export async function getIngestAddress(
  gateway: GatewayAddress,
  id: string,
  options: CallOptions,
): Promise<IngestAddress> {
  const body = await call(gateway, 'GET', `/api/streams/${id}/ingest`, options);
  if (!isObject(body)) throw notOurs();
  return body;
}

/** @param since only columns from this time on: ms since the epoch */
export async function getHealth(
  gateway: GatewayAddress,
  id: string,
  since: number,
  options: CallOptions,
): Promise<StreamHealth> {
  const body = await call(gateway, 'GET', `/api/streams/${id}/health?since=${since}`, options);
  if (!isObject(body) || !isObject(body.columns) || !Array.isArray(body.findings)) throw notOurs();
  return body as unknown as StreamHealth;
}

/** What has happened to a stream, the newest first. */
export async function getEvents(
  gateway: GatewayAddress,
  id: string,
  options: CallOptions,
): Promise<StreamEvents['events']> {
  const body = await call(gateway, 'GET', `/api/streams/${id}/events`, options);
  if (!isObject(body) || !Array.isArray(body.events)) throw notOurs();
  return body.events;
}

/** What the producers can encode. */
export async function getEncodingOffer(
  gateway: GatewayAddress,
  options: CallOptions,
): Promise<EncodingOffer> {
  const body = await call(gateway, 'GET', '/api/encoding', options);
  if (!isObject(body) || !Array.isArray(body.encoders)) throw notOurs();
  return body as unknown as EncodingOffer;
}

/** What is in a source, and what would become of it. */
export async function lookAtSource(
  gateway: GatewayAddress,
  request: LookAtSourceRequest,
  options: CallOptions,
): Promise<SourceLook> {
  const body = await call(gateway, 'POST', '/api/probe', { timeout: LOOK_TIMEOUT_MS, ...options }, request);
  if (!isObject(body) || !Array.isArray(body.tracks)) throw notOurs();
  return body as unknown as SourceLook;
}

/** A small picture of what is on air, a few seconds old; undefined if there is none. */
export async function getThumbnail(
  gateway: GatewayAddress,
  id: string,
  { signal, token, timeout = TIMEOUT_MS }: CallOptions = {},
): Promise<Blob | undefined> {
  const deadline = AbortSignal.timeout(timeout);
  try {
    const response = await fetch(`${gateway.http}/api/streams/${id}/thumbnail.jpg`, {
      // The browser asks with the tag of the picture that it has.
      cache: 'no-cache',
      credentials: 'omit',
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      headers: token ? { authorization: `Bearer ${token}` } : {},
    });
    return response.ok ? await response.blob() : undefined;
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new GatewayError('The gateway does not answer.', { kind: 'unreachable' }, { cause });
  }
}

export async function editStream(
  gateway: GatewayAddress,
  id: string,
  request: EditStreamRequest,
  options: CallOptions,
): Promise<void> {
  await call(gateway, 'PATCH', `/api/streams/${id}`, options, request);
}

/** Where a stream is sent on to. */
export async function listDestinations(
  gateway: GatewayAddress,
  id: string,
  options: CallOptions,
): Promise<DestinationInfo[]> {
  const body = await call(gateway, 'GET', `/api/streams/${id}/destinations`, options);
  const destinations = isObject(body) ? body.destinations : undefined;
  if (!Array.isArray(destinations)) throw notOurs();
  return destinations;
}

export async function addDestination(
  gateway: GatewayAddress,
  id: string,
  request: CreateDestinationRequest,
  options: CallOptions,
): Promise<void> {
  await call(gateway, 'POST', `/api/streams/${id}/destinations`, options, request);
}

export async function removeDestination(
  gateway: GatewayAddress,
  id: string,
  destination: string,
  options: CallOptions,
): Promise<void> {
  await call(gateway, 'DELETE', `/api/streams/${id}/destinations/${destination}`, options);
}

type StreamAction = 'start' | 'stop' | 'delete';

export async function actOnStream(
  gateway: GatewayAddress,
  id: string,
  action: StreamAction,
  options: CallOptions,
): Promise<void> {
  await (action === 'delete'
    ? call(gateway, 'DELETE', `/api/streams/${id}`, options)
    : call(gateway, 'POST', `/api/streams/${id}/${action}`, options));
}

/**
 * If a gateway does not answer, a query goes to the next one. A change does not, because it may have been carried out.
 */
async function call(
  gateway: GatewayAddress,
  method: string,
  path: string,
  options: CallOptions,
  body?: unknown,
): Promise<unknown> {
  let failure: unknown;
  for (const each of method === 'GET' ? allGateways(gateway) : [gateway]) {
    try {
      return await callOne(each, method, path, options, body);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.failure.kind !== 'unreachable') throw error;
      failure ??= error;
    }
  }
  throw failure;
}

async function callOne(
  gateway: GatewayAddress,
  method: string,
  path: string,
  { signal, token, timeout = TIMEOUT_MS }: CallOptions,
  body?: unknown,
): Promise<unknown> {
  const deadline = AbortSignal.timeout(timeout);
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${gateway.http}${path}`, {
      method,
      cache: 'no-store',
      credentials: 'omit',
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      headers: {
        accept: 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new GatewayError('The gateway does not answer.', { kind: 'unreachable' }, { cause });
  }
  const answer = parseJson(text);
  if (!response.ok) throw problemError(response.status, answer);
  return answer;
}

/** What an error answer means; the body is RFC 9457's problem, or whatever a proxy in between sent. */
export function problemError(status: number, body: unknown): GatewayError {
  const problem: Partial<Problem> = isObject(body) ? body : {};
  const fields = new Map((problem.errors ?? []).map(({ path, message }) => [fieldName(path), message]));
  const message = problem.detail ?? problem.title ?? `The gateway answered with status ${status}.`;
  if (status === 401) return new GatewayError(message, { kind: 'unauthorized' });
  if (status === 404) return new GatewayError(message, { kind: 'not-found' });
  if (status === 502 || status === 504) return new GatewayError(message, { kind: 'unreachable' });
  return new GatewayError(message, { kind: 'refused', status, fields });
}

// A path is `source.path`, `/source/path` or `body/source/path`, depending on the validator.
const fieldName = (path: string): string => path.replaceAll('/', '.').replace(/^\.?(body\.)?/, '');

const notOurs = (): GatewayError =>
  new GatewayError('The answer does not come from a Topicast gateway. Check its address.', {
    kind: 'unreachable',
  });

const isAccess = (value: unknown): value is IngestAccess =>
  isObject(value) &&
  typeof value.key === 'string' &&
  typeof (value.rtmp ?? '') === 'string' &&
  typeof (value.problem ?? '') === 'string';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
