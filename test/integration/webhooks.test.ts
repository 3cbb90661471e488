import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CreatedStream } from '@topicast/contracts/http';
import { readProcessorsConfig, startProcessors } from '@topicast/processors';
import { expect, it, onTestFinished } from 'vitest';
import { endWithUs } from '../support/end-with-us.js';
import { FFMPEG } from '../support/ffprobe.js';
import { freePorts } from '../support/free-ports.js';
import { until } from '../support/poll.js';
import { startRtmpEncoder } from '../support/rtmp-encoder.js';
import { logger, startServices } from '../support/services.js';
import { WEBHOOK_SECRET, webhookReceiver } from '../support/webhook-receiver.js';

/** The receiver that the documentation shows to operators. */
async function documentedReceiver() {
  const docs = readFileSync(fileURLToPath(new URL('../../docs/4-operate.md', import.meta.url)), 'utf8');
  const blocks = docs.split('```js\n').map((rest) => rest.split('\n```')[0]!);
  const shown = blocks.find((block) => block.startsWith('import { createHmac')) ?? '';
  const [port] = await freePorts(1);
  const script = shown.replace('8090', String(port));
  expect(script).toContain(`listen(${port}`);
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, TOPICAST_WEBHOOK_SECRET: WEBHOOK_SECRET },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  endWithUs(child);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => {
    said += text;
  });
  return { url: `http://127.0.0.1:${port}/`, said: () => said };
}

it('an encoder needs the yes of the operator, who is told when the stream is on air and over', async () => {
  await using judge = await webhookReceiver({ answers: [403] });
  await using receiver = await webhookReceiver();
  const documented = await documentedReceiver();
  const environment = {
    ...{ TOPICAST_PUBLISH_WEBHOOK_URL: judge.url, TOPICAST_WEBHOOK_SECRET: WEBHOOK_SECRET },
    TOPICAST_WEBHOOK_URLS: `${receiver.url}, ${documented.url}`,
    ...{ TOPICAST_ALLOW_PRIVATE_URLS: '1', TOPICAST_ANALYSE: 'off', TOPICAST_THUMBNAIL_SECONDS: 'off' },
  };
  const services = await startServices({ environment });
  onTestFinished(() => services.close());
  const config = readProcessorsConfig(environment);
  const run = () => startProcessors({ log: services.log, config, ffmpegPath: FFMPEG, logger });
  const processors = await run();
  const asked = { id: 'show', title: 'The show', source: { kind: 'ingest' } };
  const { body } = await services.api('POST', '/api/streams', asked);
  const { rtmp, key } = (body as CreatedStream).ingest!;

  await using refused = startRtmpEncoder(`${rtmp}/${key}`);
  await refused.ended;
  expect(refused.said()).toContain('The operator of this server does not allow this stream');

  await using admitted = startRtmpEncoder(`${rtmp}/${key}`);
  await services.untilState('show', 'live');
  expect(judge.received.map(({ body: { event, stream } }) => [event, stream])).toEqual([
    ['publish', 'show'],
    ['publish', 'show'],
  ]);
  expect(judge.received.map(({ text }) => text).join()).not.toContain(key.split('.')[1]);
  // ffmpeg says goodbye.
  admitted.child.kill('SIGINT');
  await until('both ends were told', () => receiver.received.length >= 2);
  const told = receiver.received.map(({ isSigned, body: { event, why, title } }) => ({
    ...{ isSigned, event, why, title },
  }));
  expect(told).toEqual([
    { isSigned: true, event: 'live', title: 'The show' },
    { isSigned: true, event: 'offline', why: 'left', title: 'The show' },
  ]);
  await until('the receiver of the documentation has both', () => documented.said().includes("'offline'"));
  expect(documented.said()).toContain("event: 'live'");

  await processors.close();
  expect((await services.api('DELETE', '/api/streams/show')).status).toBeLessThan(300);
  const later = await run();
  await until('what happened meanwhile was told', () =>
    receiver.received.some(({ body: { event, why } }) => event === 'offline' && why === 'deleted'),
  );
  await later.close();
});
