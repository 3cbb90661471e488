import { streamRow } from '@topicast/contracts/tables';
import { WEBHOOK_SECRET, webhookReceiver } from '@topicast/test/webhook-receiver';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { readProducerConfig } from '../config.js';
import { Permission } from './permission.js';

const row = streamRow.parse({
  ...{ id: 'show', title: 'The show', source: { kind: 'ingest' }, enabled: true },
  createdAt: new Date().toISOString(),
});

it('a yes lets in, a no does not, and whatever else is no yes', async () => {
  const lines: string[] = [];
  const receiver = await webhookReceiver({ answers: [200, 403, 401, 302, 500] });
  const { publishWebhook } = readProducerConfig({
    ...{ TOPICAST_PUBLISH_WEBHOOK_URL: receiver.url, TOPICAST_WEBHOOK_SECRET: WEBHOOK_SECRET },
    TOPICAST_ALLOW_PRIVATE_URLS: '1',
  });
  const permission = new Permission(publishWebhook, pino({}, { write: (line: string) => lines.push(line) }));
  const gone = new AbortController();
  const ask = () => permission.ask({ row, place: 'primary' }, gone.signal);
  const answers = [await ask(), await ask(), await ask(), await ask(), await ask()];
  expect(answers).toEqual([undefined, 'forbidden', 'forbidden', 'unavailable', 'unavailable']);
  expect(receiver.received.every(({ isSigned }) => isSigned)).toBe(true);
  const { id, at, ...told } = receiver.received[0]!.body;
  expect(told).toEqual({ event: 'publish', stream: 'show', title: 'The show', encoder: 'primary' });
  expect(lines).toHaveLength(2);
  await receiver[Symbol.asyncDispose]();
  expect(await ask()).toBe('unavailable');
  expect(lines).toHaveLength(3);
  gone.abort();
  expect(await ask()).toBe('unavailable');
  expect(lines).toHaveLength(3);
});
