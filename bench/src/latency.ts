import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { openKafkaLog } from '@topicast/log/kafka';
import { startBarcodeSource } from '@topicast/test/barcode-source';
import { launchChromium } from '@topicast/test/chromium';
import { quantile, readGlass, watchGlass } from '@topicast/test/glass';
import { kafkaUnavailable, startKafka } from '@topicast/test/kafka';
import { servePages } from '@topicast/test/page-server';
import { playerFile } from '@topicast/test/player-page';
import { until } from '@topicast/test/poll';
import { logger, startServices } from '@topicast/test/services';
import type { Page } from 'playwright-core';
import { readOptions } from './options.js';
import { table } from './table.js';

/**
 * Glass to glass: the age of each picture when it is presented, read from the picture; and the join time, from the
 * click to the first frame. Our player against mpegts.js with its own best settings, on the same gateway, in turn.
 */
const options = readOptions(
  'latency',
  {
    json: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' },
    joins: { type: 'string', default: '10' },
    'no-kafka': { type: 'boolean', default: false },
  },
  ['rounds', 'seconds', 'joins'],
);
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const joins = Number(options.joins);

interface Result {
  variant: string;
  latencies: number[];
  joins: number[];
  freezes: number;
  waiting: number;
  seconds: number;
}

const require = createRequire(import.meta.url);
const pages = await servePages({
  ...playerFile(),
  '/mpegts.js': await readFile(require.resolve('mpegts.js/dist/mpegts.js')),
  '/ours': `<!doctype html><title>ours</title><script type="module" src="/topicast-player.js"></script>
<button>play</button><div></div><script>
  document.querySelector('button').onclick = () => {
    window.clicked = performance.now();
    const player = document.createElement('topicast-player');
    const [src, sound] = location.hash.slice(1).split('&').map(decodeURIComponent);
    player.setAttribute('sound', sound ?? 'auto');
    player.setAttribute('src', src);
    player.setAttribute('autoplay', '');
    document.querySelector('div').append(player);
    const video = player.shadowRoot.querySelector('video');
    video.requestVideoFrameCallback((_now, frame) => { window.joined = frame.presentationTime - window.clicked; });
  };
</script>`,
  '/mpegts': `<!doctype html><title>mpegts.js</title><script src="/mpegts.js"></script>
<button>play</button><video></video><script>
  document.querySelector('button').onclick = () => {
    window.clicked = performance.now();
    const video = document.querySelector('video');
    video.requestVideoFrameCallback((_now, frame) => { window.joined = frame.presentationTime - window.clicked; });
    const player = mpegts.createPlayer(
      { type: 'mpegts', isLive: true, url: decodeURIComponent(location.hash.slice(1)) },
      { enableWorker: true, enableWorkerForMSE: true, enableStashBuffer: false, lazyLoad: false,
        liveBufferLatencyChasing: true, liveBufferLatencyMaxLatency: 0.4, liveBufferLatencyMinRemain: 0.15 });
    player.attachMediaElement(video);
    player.load();
    player.play();
  };
</script>`,
});

const browser = await launchChromium();
const results: Result[] = [];

async function join(page: Page, path: string, address: string, sound = 'auto'): Promise<number> {
  await page.goto('about:blank');
  const hash = path === '/ours' ? `${encodeURIComponent(address)}&${sound}` : encodeURIComponent(address);
  await page.goto(`${pages.origin}${path}#${hash}`);
  await page.click('button');
  return until(
    'a picture is presented',
    () => page.evaluate(() => (window as unknown as { joined?: number }).joined),
    {
      everyMs: 20,
      limitMs: 30_000,
    },
  );
}

async function measure(variant: string, path: string, address: string, sound?: string): Promise<void> {
  let result = results.find((one) => one.variant === variant);
  if (!result) {
    result = { variant, latencies: [], joins: [], freezes: 0, waiting: 0, seconds: 0 };
    results.push(result);
  }
  const page = await browser.newPage();
  result.joins.push(await join(page, path, address, sound));
  await watchGlass(page);
  // The first seconds belong to the join, in which each player comes down to its own target.
  await page.waitForTimeout(6000);
  await readGlass(page);
  await page.waitForTimeout(seconds * 1000);
  const glass = await readGlass(page);
  result.latencies.push(...glass.latencies);
  result.freezes += glass.freezes;
  result.waiting += glass.waiting;
  result.seconds += seconds;
  await page.close();
}

async function onLog(
  name: string,
  open: () => Promise<Parameters<typeof startServices>[0]>,
  video: boolean,
): Promise<void> {
  const services = await startServices(await open());
  const both = await startBarcodeSource(services.log, 'both');
  await services.untilState('both', 'live');
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(`${name}: round ${round + 1} of ${rounds}\n`);
    await measure(`Topicast, A/V, ${name}`, '/ours', services.address('both'));
    if (!video) continue;
    await measure(`Topicast, A/V by the video element, ${name}`, '/ours', services.address('both'), 'mse');
    await measure(`mpegts.js, A/V, ${name}`, '/mpegts', services.address('both'));
  }
  // Joins on a warm gateway, where somebody is already watching.
  const page = await browser.newPage();
  for (const [variant, path] of [
    [`Topicast, A/V, ${name}`, '/ours'],
    ...(video ? [[`mpegts.js, A/V, ${name}`, '/mpegts']] : []),
  ]) {
    for (let i = 0; i < joins; i++) {
      results
        .find((one) => one.variant === variant)
        ?.joins.push(await join(page, path!, services.address('both')));
      await page.waitForTimeout(300 + i * 70);
    }
  }
  await page.close();
  await both.close();
  if (video) {
    const silent = await startBarcodeSource(services.log, 'silent', { audio: false });
    await services.untilState('silent', 'live');
    for (let round = 0; round < rounds; round++) {
      await measure(`Topicast, video only, ${name}`, '/ours', services.address('silent'));
    }
    await silent.close();
  }
  await services.close();
}

await onLog('embedded', async () => ({}), true);
if (!options['no-kafka']) {
  const problem = kafkaUnavailable();
  if (problem) process.stderr.write(`without Kafka: ${problem}\n`);
  else {
    const broker = await startKafka();
    await onLog(
      'Kafka',
      async () => ({ log: await openKafkaLog({ brokers: broker.brokers.split(','), logger }) }),
      false,
    );
    await broker.stop();
  }
}
await browser.close();
await pages.close();

const summary = results.map((result) => ({
  variant: result.variant,
  p50: Math.round(quantile(result.latencies, 0.5)),
  p95: Math.round(quantile(result.latencies, 0.95)),
  max: Math.round(Math.max(...result.latencies)),
  pictures: result.latencies.length,
  freezesPerMinute: Number(((result.freezes * 60) / result.seconds).toFixed(2)),
  waitingPerMinute: Number(((result.waiting * 60) / result.seconds).toFixed(2)),
  joinP50: Math.round(quantile(result.joins, 0.5)),
  joinMax: Math.round(Math.max(...result.joins)),
}));
const baseline = summary.find(({ variant }) => variant.startsWith('mpegts.js'))?.p50 ?? Number.NaN;
table(
  ['variant', 'p50 ms', 'p95', 'max', 'of mpegts.js', 'freezes/min', 'join p50 ms', 'join max'],
  summary.map((one) => [
    one.variant,
    one.p50,
    one.p95,
    one.max,
    (one.p50 / baseline).toFixed(2),
    one.freezesPerMinute,
    one.joinP50,
    one.joinMax,
  ]),
);
if (options.json)
  await writeFile(
    options.json,
    `${JSON.stringify({ bench: 'latency', rounds, seconds, summary }, null, 2)}\n`,
  );
process.exit(0);
