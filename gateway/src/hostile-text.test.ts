import { slowReaders } from '@topicast/contracts/testing/hostile-text';
import { judgeSource } from '@topicast/sources';
import type { FastifyRequest } from 'fastify';
import { expect, it } from 'vitest';
import { Access } from './access/access.js';
import { readGatewayConfig } from './config.js';
import { isOwnHost } from './http/hosts.js';
import { isNeighbour } from './http/origins.js';
import { Principals } from './http/principal.js';
import { parseLiveRequest } from './live/live-request.js';

/** Node takes no longer head of a request than that. */
const inHead = (text: string): string => text.slice(0, 16_384);

/** No row and no request has a longer address. */
const asAddress = (text: string): string => text.slice(0, 4_096);

it('no request keeps the event loop', () => {
  const access = new Access({ operatorToken: 'x'.repeat(20), viewerSecret: 'y'.repeat(32) });
  const principals = new Principals(access);
  const rules = { trusted: false, mediaDirs: ['/media'], allowPrivateUrls: false, resolve: async () => [] };
  const given = (authorization: string) =>
    principals.identify({ headers: { authorization } } as FastifyRequest).catch(() => undefined);
  const readers = {
    'Host header': (text: string) => isOwnHost(text, ['a']),
    'Host header with brackets': (text: string) => isOwnHost(`[${text}]:1`, ['a']),
    'Origin header': (text: string) => isNeighbour(inHead(text), 'localhost:8080', 3000),
    'Origin and Host': (text: string) => isNeighbour(`http://${inHead(text)}`, inHead(text), 3000),
    'Authorization header': given,
    'Bearer token': (text: string) => given(`Bearer ${text}`),
    "viewer's token": (text: string) => access.identify(text),
    'path of an upgrade': (text: string) => parseLiveRequest(text, undefined),
    'query of an upgrade': (text: string) => parseLiveRequest(`/live/a?${text}`, undefined),
    position: (text: string) => parseLiveRequest(`/live/a?after=${text}`, undefined),
    subprotocols: (text: string) => parseLiveRequest('/live/a', text),
    'token among subprotocols': (text: string) => parseLiveRequest('/live/a', `topicast.token.${text}`),
    address: (text: string) => judgeSource({ kind: 'url', url: text }, rules).catch(() => undefined),
    'host of an address': (text: string) =>
      judgeSource({ kind: 'url', url: `http://${asAddress(text)}/` }, rules).catch(() => undefined),
    path: (text: string) => judgeSource({ kind: 'file', path: text }, rules).catch(() => undefined),
    settings: (text: string) =>
      readGatewayConfig({ TOPICAST_TOKEN: text, TOPICAST_ALLOWED_ORIGINS: text, TOPICAST_MEDIA_DIRS: text }),
  };
  expect(slowReaders(readers)).toEqual([]);
});
