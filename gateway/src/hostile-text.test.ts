import { streamId } from '@topicast/contracts/stream-id';
import { slowReaders } from '@topicast/contracts/testing/hostile-text';
import type { FastifyRequest } from 'fastify';
import { expect, it } from 'vitest';
import { readGatewayConfig } from './config.js';
import { isOwnHost } from './http/hosts.js';
import { OperatorCheck } from './http/operator.js';
import { isNeighbour } from './http/origins.js';
import { checkSource } from './http/source-check.js';
import { parseLiveRequest } from './live/live-request.js';
import { ViewerAccess } from './live/viewer-access.js';

/** Node takes no longer head of a request than that. */
const inHead = (text: string): string => text.slice(0, 16_384);

/** No row and no request has a longer address. */
const asAddress = (text: string): string => text.slice(0, 4_096);

it('no request keeps the event loop', () => {
  const operator = new OperatorCheck('x'.repeat(20));
  const viewers = new ViewerAccess('x'.repeat(32), 'y'.repeat(20));
  const rules = { mediaDirectories: ['/media'], allowPrivateUrls: false };
  const given = (authorization: string) =>
    operator.isOperator({ headers: { authorization } } as FastifyRequest);
  const readers = {
    'Host header': (text: string) => isOwnHost(text, ['a']),
    'Host header with brackets': (text: string) => isOwnHost(`[${text}]:1`, ['a']),
    'Origin header': (text: string) => isNeighbour(inHead(text), 'localhost:8080', 3000),
    'Origin and Host': (text: string) => isNeighbour(`http://${inHead(text)}`, inHead(text), 3000),
    'Authorization header': given,
    'Bearer token': (text: string) => given(`Bearer ${text}`),
    "viewer's token": (text: string) => viewers.check(text, streamId('a')),
    'path of an upgrade': (text: string) => parseLiveRequest(text, undefined),
    'query of an upgrade': (text: string) => parseLiveRequest(`/live/a?${text}`, undefined),
    position: (text: string) => parseLiveRequest(`/live/a?after=${text}`, undefined),
    subprotocols: (text: string) => parseLiveRequest('/live/a', text),
    'token among subprotocols': (text: string) => parseLiveRequest('/live/a', `topicast.token.${text}`),
    address: (text: string) => checkSource({ kind: 'url', url: text }, rules).catch(() => undefined),
    'host of an address': (text: string) =>
      checkSource({ kind: 'url', url: `http://${asAddress(text)}/` }, rules).catch(() => undefined),
    path: (text: string) => checkSource({ kind: 'file', path: text }, rules).catch(() => undefined),
    settings: (text: string) =>
      readGatewayConfig({ TOPICAST_TOKEN: text, TOPICAST_ALLOWED_ORIGINS: text, TOPICAST_MEDIA_DIRS: text }),
  };
  expect(slowReaders(readers)).toEqual([]);
});
