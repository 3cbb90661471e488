import { createHmac } from 'node:crypto';
import { milliseconds } from '@topicast/contracts/units';
import { WEBHOOK_SECRET, webhookReceiver } from '@topicast/test/webhook-receiver';
import { describe, expect, it } from 'vitest';
import { post } from './post.js';
import { readReceivers } from './receiver.js';
import { keyOf, signedHeaders } from './signature.js';

const RULES = { setting: 'URLS', secret: WEBHOOK_SECRET, allowPrivate: false };
const MESSAGE = { id: 'msg_1', body: '{}' };
const TIMES = { within: milliseconds(10_000), signal: new AbortController().signal };

it('a signature is that of the example of Standard Webhooks', () => {
  // From the specification's test vectors: https://github.com/standard-webhooks/standard-webhooks
  const key = keyOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')!;
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' };
  expect(signedHeaders(message, key, 1_614_265_330)['webhook-signature']).toBe(
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  );
  const own = createHmac('sha256', 'sixteen letters.').update('msg_1.7.{}').digest('base64');
  const ofText = signedHeaders(MESSAGE, keyOf('sixteen letters.')!, 7);
  expect(ofText['webhook-signature']).toBe(`v1,${own}`);
});

describe('settings', () => {
  it.each([
    ['no address', ['nonsense'], {}],
    ['another protocol', ['ftp://example.com/'], {}],
    ['this machine', ['http://localhost:8080/'], {}],
    ['a private address', ['http://[::ffff:10.0.0.1]/'], {}],
    ['a disguised address', ['http://0x7f.1/'], {}],
    ['no secret', ['https://example.com/'], { secret: undefined }],
    ['a short secret', ['https://example.com/'], { secret: 'short' }],
    ['a short secret in base64', ['https://example.com/'], { secret: 'whsec_c2hvcnQ=' }],
    ['too many', Array.from({ length: 11 }, (_, n) => `https://example.com/${n}`), {}],
  ])('%s is refused in one line', (_, addresses, rules) => {
    expect(() => readReceivers(addresses, { ...RULES, ...rules })).toThrow(
      expect.objectContaining({ name: 'ConfigError' }),
    );
  });

  it('an address that is named twice is told once', () => {
    expect(readReceivers(['https://example.com/', 'https://example.com'], RULES)).toHaveLength(1);
  });
});

it('a name that leads to this machine is connected to only if that is allowed', async () => {
  await using receiver = await webhookReceiver();
  const [allowed] = readReceivers([receiver.url], { ...RULES, allowPrivate: true });
  expect(await post(allowed!, MESSAGE, TIMES)).toBe(204);
  const [fenced] = readReceivers(['http://hook.example/'], RULES);
  const url = new URL(receiver.url);
  await expect(post({ ...fenced!, url }, MESSAGE, TIMES)).rejects.toThrow('private IP address');
  // All of these are looked up; none can be judged by its spelling.
  url.hostname = 'localhost';
  await expect(post({ ...fenced!, url }, MESSAGE, TIMES)).rejects.toThrow('private IP address');
  expect(receiver.received).toHaveLength(1);
  expect(receiver.received[0]!.isSigned).toBe(true);
});
