import { streamId } from '@topicast/contracts/stream-id';
import { WEBHOOK_SECRET, webhookReceiver } from '@topicast/test/webhook-receiver';
import { expect, it } from 'vitest';
import { readProducerConfig } from '../config.js';
import { Permission } from './permission.js';

it('a yes lets in, a no does not, and whatever else is no yes', async () => {
  const noted: string[] = [];
  const receiver = await webhookReceiver({ answers: [200, 403, 401, 302, 500] });
  const { publishWebhook } = readProducerConfig({
    ...{ TOPICAST_PUBLISH_WEBHOOK_URL: receiver.url, TOPICAST_WEBHOOK_SECRET: WEBHOOK_SECRET },
    TOPICAST_ALLOW_PRIVATE_URLS: '1',
  });
  const permission = new Permission(publishWebhook, {
    note: (stream, why, error) => noted.push(`${stream} ${why}: ${(error as Error).message}`),
  });
  const gone = new AbortController();
  const ask = () =>
    permission.ask({ stream: streamId('show'), row: { title: 'The show' }, place: 'primary' }, gone.signal);
  const answers = [await ask(), await ask(), await ask(), await ask(), await ask()];
  expect(answers).toEqual([undefined, 'forbidden', 'forbidden', 'unavailable', 'unavailable']);
  expect(receiver.received.every(({ isSigned }) => isSigned)).toBe(true);
  const { id, at, ...told } = receiver.received[0]!.body;
  expect(told).toEqual({ event: 'publish', stream: 'show', title: 'The show', encoder: 'primary' });
  const words = 'TOPICAST_PUBLISH_WEBHOOK_URL does not say whether an encoder may publish';
  expect(noted).toEqual([302, 500].map((status) => `show unavailable: ${words}: it answered ${status}`));
  await receiver[Symbol.asyncDispose]();
  expect(await ask()).toBe('unavailable');
  expect(noted).toHaveLength(3);
  gone.abort();
  expect(await ask()).toBe('unavailable');
  expect(noted).toHaveLength(3);
});
