import { slowReaders } from '@topicast/contracts/testing/hostile-text';
import { expect, it } from 'vitest';
import { contentSecurityPolicy } from './csp';
import { embedSnippets } from './embed-snippets';
import { codecName } from './format';
import { gatewayAddresses, gatewayBesideRequest } from './gateway-address';
import { readServerConfig } from './server-config';
import { draftProblems, EMPTY_DRAFT } from './stream-draft';
import { describeSource } from './stream-facts';
import { slugFromTitle, streamIdProblem } from './stream-slug';

it('no title, address or header keeps the page or its server', () => {
  const gateway = { http: 'http://a', ws: 'ws://a' };
  const readers = {
    title: slugFromTitle,
    'stream id': (text: string) => streamIdProblem(text, new Set()),
    draft: (text: string) =>
      draftProblems({ ...EMPTY_DRAFT, title: text, typedId: text, path: text, url: text }, new Set()),
    'address of a source': (text: string) => describeSource({ kind: 'url', url: text }),
    'user in an address': (text: string) => describeSource({ kind: 'url', url: `http://${text}` }),
    'addresses of gateways': gatewayAddresses,
    'path of a gateway': (text: string) => gatewayAddresses(`http://a/${text}`),
    'Host header': (text: string) => gatewayBesideRequest({ host: text, forwardedProto: text }, 1),
    settings: (text: string) =>
      readServerConfig({ TOPICAST_GATEWAY_URL: text, TOPICAST_PUBLIC_GATEWAY_URL: text }),
    codec: codecName,
    policy: (text: string) =>
      contentSecurityPolicy({ nonce: text, gateway, framedByAnyone: true, development: false }),
    'title in a snippet': (text: string) =>
      embedSnippets({ src: '/live/a', embedUrl: '/embed/a', playerUrl: '/player.js', title: text }),
  };
  expect(slowReaders(readers)).toEqual([]);
});
