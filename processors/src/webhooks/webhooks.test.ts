import path from 'node:path';
import type { StreamHappening } from '@topicast/contracts/stream-event';
import { milliseconds } from '@topicast/contracts/units';
import { openEvents, STREAM_EVENTS } from '@topicast/log';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { readReceivers } from '@topicast/sources/webhook';
import { freePorts } from '@topicast/test/free-ports';
import { until } from '@topicast/test/poll';
import { temporaryFolder } from '@topicast/test/temporary';
import { WEBHOOK_SECRET, webhookReceiver } from '@topicast/test/webhook-receiver';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { STREAM, TestShare, tablesOnAir } from '../testing/world.js';
import { deliver } from './delivery.js';
import { openProgress, WEBHOOKS_TABLE } from './progress.js';
import { Webhooks } from './webhooks.js';

const FAST = { first: milliseconds(10), longest: milliseconds(40) };
const NO_END = new AbortController().signal;
const receiversAt = (...urls: string[]) =>
  readReceivers(urls, { setting: 'URLS', secret: WEBHOOK_SECRET, allowPrivate: true });

/** A log with events, and processes that tell receivers of them. */
async function world() {
  const folder = temporaryFolder();
  const log = await openEmbeddedLog({ directory: path.join(folder.path, 'log') });
  const events = await openEvents(log, STREAM_EVENTS);
  const tables = await tablesOnAir();
  const running: Webhooks[] = [];
  const lines: string[] = [];
  return {
    lines,
    happen: (...happenings: StreamHappening[]) =>
      events.append(happenings.map((each) => ({ key: STREAM, event: { ...each, at: Date.now() } }))),
    async start(urls: readonly string[], share = new TestShare()) {
      const counts = { sent: 0, failed: 0, dropped: 0 };
      const webhooks = new Webhooks({
        ...{ receivers: receiversAt(...urls), log, tables, share, counts, backoff: FAST },
        progress: openProgress(await log.table(WEBHOOKS_TABLE)),
        logger: pino({}, { write: (line: string) => lines.push(line) }),
      });
      running.push(webhooks);
      return { webhooks, counts, share };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((each) => each.close()));
      tables.close();
      await log.close();
      folder[Symbol.dispose]();
    },
  };
}

const LIVE: StreamHappening = { kind: 'live', producer: 'one' };

it('each event is told once, signed, in order and in words; what no receiver needs is left out', async () => {
  await using at = await world();
  await using receiver = await webhookReceiver();
  const { counts } = await at.start([receiver.url]);
  await at.happen(LIVE, { kind: 'changed', what: ['title'] }, { kind: 'away' }, { kind: 'back' });
  await at.happen({ kind: 'left', problem: 'Use H.264.' }, { kind: 'failed' }, { kind: 'stopped' });
  await until(() => counts.sent === 6);
  expect(receiver.received.map(({ body }) => [body.event, body.why])).toEqual([
    ...[['live'], ['away'], ['back']].map(([event]) => [event, undefined]),
    ...[
      ['offline', 'left'],
      ['failed', undefined],
      ['offline', 'stopped'],
    ],
  ]);
  expect(receiver.received.every(({ isSigned }) => isSigned)).toBe(true);
  expect(new Set(receiver.received.map(({ body }) => body.id)).size).toBe(6);
  const { body, headers } = receiver.received[3]!;
  expect(body).toMatchObject({ stream: STREAM, title: 'Demo', words: 'The encoder left: Use H.264.' });
  expect(headers).toMatchObject({ 'webhook-id': body.id, 'content-type': 'application/json' });
  expect(Math.abs(Number(headers['webhook-timestamp']) * 1_000 - Date.now())).toBeLessThan(60_000);
  expect(counts).toEqual({ sent: 6, failed: 0, dropped: 0 });
  expect(receiver.received).toHaveLength(6);
});

it('a receiver that fails, redirects or is away gets everything later, in order, and holds up no other', async () => {
  await using at = await world();
  await using other = await webhookReceiver();
  const [port] = await freePorts(1);
  const { counts } = await at.start([`http://127.0.0.1:${port}/hook?key=hidden`, other.url]);
  await at.happen(LIVE, { kind: 'away' }, { kind: 'back' });
  await until(() => other.received.length === 3 && counts.failed > 1);
  const redirect = (response: import('node:http').ServerResponse) =>
    response.writeHead(307, { location: other.url }).end();
  await using receiver = await webhookReceiver({ port: port!, answers: [500, redirect, 204] });
  await until(() => receiver.received.length === 5);
  const told = receiver.received.map(({ body }) => body.event);
  expect(told).toEqual(['live', 'live', 'live', 'away', 'back']);
  expect(new Set(receiver.received.slice(0, 3).map(({ text }) => text)).size).toBe(1);
  expect(receiver.received.every(({ isSigned }) => isSigned)).toBe(true);
  expect(other.received).toHaveLength(3);
  expect(at.lines.join()).toContain('it answered 500');
  expect(at.lines.join()).not.toContain('hidden');
});

it('a process that takes over goes on behind the last message, with what happened meanwhile', async () => {
  await using at = await world();
  await using receiver = await webhookReceiver();
  const first = await at.start([receiver.url]);
  await at.happen(LIVE);
  await until(() => receiver.received.length === 1);
  await first.webhooks.close();
  await at.happen({ kind: 'away' });
  const share = new TestShare();
  share.give(false);
  const second = await at.start([receiver.url], share);
  await at.happen({ kind: 'back' });
  share.give(true);
  // The first one may have been cut off between the message and its note: a repeat has the same id.
  const told = () => [...new Map(receiver.received.map(({ body }) => [body.id, body.event])).values()];
  await until(() => told().length === 3);
  expect(told()).toEqual(['live', 'away', 'back']);
  share.give(false);
  await at.happen({ kind: 'stopped' });
  await second.webhooks.close();
  expect(told()).toHaveLength(3);
});

it('a receiver that is new gets what happens from the start of the process on, whenever its turn comes', async () => {
  await using at = await world();
  await using receiver = await webhookReceiver();
  await at.happen({ kind: 'failed' });
  // The log's clock has milliseconds.
  const begun = Date.now();
  await until(() => Date.now() > begun);
  const share = new TestShare();
  share.give(false);
  await at.start([receiver.url], share);
  await at.happen(LIVE);
  share.give(true);
  await at.happen({ kind: 'away' });
  await until(() => receiver.received.length === 2);
  expect(receiver.received.map(({ body }) => body.event)).toEqual(['live', 'away']);
});

it('hostile answers cost one attempt of bounded time and memory; what is too old is given up', async () => {
  await using receiver = await webhookReceiver({
    answers: [
      // A status without an end is an answer all the same.
      (response) => {
        response.writeHead(200);
        const more = () => response.write('x'.repeat(100_000), (error) => error || setImmediate(more));
        more();
      },
      // Not even a status.
      (response) => response.socket?.write('HTTP/1.1 200 OK\r\nx-slow: '),
    ],
  });
  const counts = { sent: 0, failed: 0, dropped: 0 };
  const problems: string[] = [];
  const options = {
    ...{ receiver: receiversAt(receiver.url)[0]!, counts, backoff: FAST, answerWithin: milliseconds(300) },
    onFailure: (problem: string) => problems.push(problem),
  };
  const now = milliseconds(Date.now());
  const message = { id: 'msg_1', body: '{}' };
  expect(await deliver(message, { ...options, happened: now }, NO_END)).toBe(true);
  expect(counts).toEqual({ sent: 1, failed: 0, dropped: 0 });
  expect(await deliver(message, { ...options, happened: now }, NO_END)).toBe(true);
  expect(problems).toEqual(['no answer within 0.3 s']);
  const yesterday = milliseconds(Date.now() - 25 * 3_600_000);
  expect(await deliver(message, { ...options, happened: yesterday }, NO_END)).toBe(false);
  expect(counts).toEqual({ sent: 2, failed: 1, dropped: 1 });
  expect(receiver.received).toHaveLength(3);
});
