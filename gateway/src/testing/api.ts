import type { CreatedStream, IngestAccess, Problem, StreamInfo } from '@topicast/contracts/http';
import { expect } from 'vitest';
import { type GatewayUnderTest, OPERATOR_TOKEN } from './gateway-under-test.js';

export const operator = { authorization: `Bearer ${OPERATOR_TOKEN}` };
export const json = { ...operator, 'content-type': 'application/json' };

export interface Answer {
  status: number;
  body: CreatedStream & IngestAccess & Problem & { streams: StreamInfo[] };
  headers: Headers;
}

export async function ask(
  gateway: GatewayUnderTest,
  method: string,
  path: string,
  init: RequestInit = {},
): Promise<Answer> {
  const response = await fetch(gateway.url(path), { method, ...init });
  const text = await response.text();
  if (response.status >= 400) {
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(text)).toMatchObject({ status: response.status });
  }
  return { status: response.status, body: text ? JSON.parse(text) : undefined, headers: response.headers };
}

export const create = (
  gateway: GatewayUnderTest,
  body: unknown,
  headers: Record<string, string> = json,
): Promise<Answer> => ask(gateway, 'POST', '/api/streams', { headers, body: JSON.stringify(body) });
