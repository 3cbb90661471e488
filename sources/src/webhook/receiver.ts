import { Agent as PlainAgent } from 'node:http';
import { Agent as PlainTlsAgent } from 'node:https';
import { ConfigError } from '@topicast/contracts/config';
import { useAgent as filteringAgent } from 'request-filtering-agent';
import { isPublicHost } from '../address.js';
import { bare } from '../source-url.js';
import { keyOf } from './signature.js';

/** Where the operator wants to be told. */
export interface Receiver {
  readonly url: URL;
  /** Of the signature. */
  readonly key: Uint8Array;
  /** Makes its connections: behind the fence, to no private address, whatever the name leads to. */
  readonly agent: PlainAgent;
}

interface ReceiverRules {
  /** The setting that names the addresses, for messages. */
  readonly setting: string;
  readonly secret: string | undefined;
  readonly allowPrivate: boolean;
}

const MOST = 10;
const LONGEST = 2_048;

/** @throws {ConfigError} that says what to change, and shows no secret */
export function readReceivers(
  addresses: readonly string[],
  { setting, secret, allowPrivate }: ReceiverRules,
): readonly Receiver[] {
  if (addresses.length === 0) return [];
  if (addresses.length > MOST) throw new ConfigError(`${setting}: name at most ${MOST} addresses`);
  if (secret === undefined) throw new ConfigError(`${setting} needs TOPICAST_WEBHOOK_SECRET: set it too`);
  const key = keyOf(secret);
  if (!key) {
    throw new ConfigError(
      'TOPICAST_WEBHOOK_SECRET: must have at least 16 characters; after whsec_, base64 of at least 16 bytes',
    );
  }
  const urls = addresses.map((address) => readAddress(address, setting, allowPrivate));
  const different = new Map(urls.map((url) => [url.href, url]));
  return [...different.values()].map((url) => ({ url, key, agent: agentFor(url, allowPrivate) }));
}

function readAddress(address: string, setting: string, allowPrivate: boolean): URL {
  const url = address.length <= LONGEST && URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new ConfigError(`${setting}: must be addresses as https://example.com/hook, separated by commas`);
  }
  if (!allowPrivate && isPublicHost(bare(url.hostname)) === false) {
    throw new ConfigError(
      `${setting}: "${url.host}" is in a private network or on this machine; TOPICAST_ALLOW_PRIVATE_URLS=1 allows that`,
    );
  }
  return url;
}

/** No connection is kept: messages are rare, and a receiver may close one at the moment when we use it. */
function agentFor({ protocol, href }: URL, allowPrivate: boolean): PlainAgent {
  if (!allowPrivate) return filteringAgent(href, { keepAlive: false });
  return protocol === 'https:' ? new PlainTlsAgent() : new PlainAgent();
}
