import { writeFile } from 'node:fs/promises';
import { startBarcodeSource } from '@topicast/test/barcode-source';
import { launchChromium } from '@topicast/test/chromium';
import { FFMPEG, hasEncoder } from '@topicast/test/ffprobe';
import { findFirefox } from '@topicast/test/firefox';
import { kafkaUnavailable, startKafka } from '@topicast/test/kafka';
import { openKafkaLog } from '@topicast/test/kafka-log';
import { servePages } from '@topicast/test/page-server';
import { logger, startServices } from '@topicast/test/services';
import { viewInFirefox } from './glass/firefox.js';
import { PLAYERS, type PlayerName, playerPages } from './glass/pages.js';
import { Tally } from './glass/tally.js';
import { join, type Seat, view } from './glass/viewing.js';
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

const pages = await servePages(playerPages());
const browser = await launchChromium();
const firefox = findFirefox();
const tallies = new Map<string, Tally>();

/** Of this player, video and sound, on this log. */
const named = (player: PlayerName, log: string) => `${PLAYERS[player].title}, A/V, ${log}`;

function tallyOf(variant: string): Tally {
  const tally = tallies.get(variant) ?? new Tally();
  tallies.set(variant, tally);
  return tally;
}

const seatOf = (player: PlayerName, address: string, attributes = {}): Seat => ({
  ...{ origin: pages.origin, variant: { player, attributes }, address },
});

async function measure(
  variant: string,
  player: PlayerName,
  address: string,
  attributes?: Readonly<Record<string, string>>,
): Promise<void> {
  const page = await browser.newPage();
  tallyOf(variant).add(await view(page, seatOf(player, address, attributes), seconds));
  await page.close();
}

async function onLog(
  name: string,
  open: () => Promise<Parameters<typeof startServices>[0]>,
  others: boolean,
): Promise<void> {
  const services = await startServices(await open());
  const players: readonly PlayerName[] = others ? ['ours', 'mpegts'] : ['ours'];
  const both = await startBarcodeSource(services.log, 'both');
  await services.untilState('both', 'live');
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(`${name}: round ${round + 1} of ${rounds}\n`);
    const address = services.address('both');
    for (const player of players) await measure(named(player, name), player, address);
    if (others)
      await measure(`Topicast, A/V by the video element, ${name}`, 'ours', address, { sound: 'mse' });
  }
  if (others && firefox) {
    const tally = tallyOf(`Topicast in Firefox, A/V, ${name}`);
    for (let round = 0; round < rounds; round++) {
      tally.add(await viewInFirefox(firefox, services.address('both'), seconds));
    }
  }
  // Joins on a warm gateway, where somebody is already watching.
  const page = await browser.newPage();
  for (const player of players) {
    for (let i = 0; i < joins; i++) {
      const seat = seatOf(player, services.address('both'));
      tallyOf(named(player, name)).addJoin(await join(page, seat));
      await page.waitForTimeout(300 + i * 70);
    }
  }
  await page.close();
  await both.close();
  if (others) {
    for (const [audio, what] of [
      ['opus', 'A/V with Opus'],
      ['none', 'video only'],
    ] as const) {
      if (audio === 'opus' && !hasEncoder('libopus')) {
        process.stderr.write(`without Opus: ${FFMPEG} has no libopus\n`);
        continue;
      }
      const source = await startBarcodeSource(services.log, audio, { audio });
      await services.untilState(audio, 'live');
      for (let round = 0; round < rounds; round++) {
        await measure(`Topicast, ${what}, ${name}`, 'ours', services.address(audio));
      }
      await source.close();
    }
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

const summary = [...tallies].map(([variant, tally]) => ({ variant, ...tally.summary() }));
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
