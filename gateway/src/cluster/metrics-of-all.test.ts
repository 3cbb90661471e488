import type { SharedTails } from '@topicast/log/remote';
import { pino } from 'pino';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { ToWorker } from './messages.js';
import { MetricsOfAll } from './metrics-of-all.js';
import type { WorkerProcess } from './worker-process.js';

/** A place for a worker whose metrics are in this process. */
class Place {
  isReady = true;
  isLate = false;
  fails = false;
  heard: ToWorker | undefined;
  all: MetricsOfAll | undefined;
  #metrics = new Registry();

  /** A new process that has counted this much. */
  start(sent: number, viewers: number, lag: number): void {
    const registers = [this.#metrics];
    this.#metrics.clear();
    new Counter({ name: 'sent_total', help: 'sent', registers }).inc(sent);
    new Gauge({ name: 'viewers', help: 'viewers', registers }).set(viewers);
    const name = 'nodejs_eventloop_lag_p99_seconds';
    new Gauge({ name, help: 'lag', registers, aggregator: 'average' }).set(lag);
    const join = new Histogram({ name: 'join_seconds', help: 'join', registers, buckets: [1, 2] });
    for (let count = 0; count < sent; count += 1) join.observe(1.5);
    this.isReady = true;
  }

  die(): void {
    this.isReady = false;
    this.all!.countDeath(this.asProcess);
  }

  send(message: ToWorker): void {
    this.heard = message;
    if (message.type !== 'collect-metrics' || this.isLate) return;
    void this.#metrics.getMetricsAsJSON().then((metrics) => {
      const answer = this.fails ? [{ ...metrics[0]!, aggregator: 'none' as 'sum' }] : metrics;
      this.all!.receive(this.asProcess, { type: 'own-metrics', id: message.id, metrics: answer });
    });
  }

  get asProcess(): WorkerProcess {
    return this as unknown as WorkerProcess;
  }
}

function scene() {
  const places = [new Place(), new Place()] as const;
  const tails = { size: 0, recordsRead: 0 } as SharedTails;
  const processes = places.map(({ asProcess }) => asProcess);
  const others = new Registry();
  new Counter({ name: 'other_total', help: 'Of what else runs here', registers: [others] }).inc(3);
  const all = new MetricsOfAll(tails, () => processes, pino({ enabled: false }), [others]);
  for (const place of places) place.all = all;
  /** The answer to the request. */
  const ask = async (): Promise<(name: string) => number | undefined> => {
    const asking = new Place();
    all.receive(asking.asProcess, { type: 'ask-metrics', id: 7 });
    await expect.poll(() => asking.heard, { timeout: 10_000 }).toMatchObject({ type: 'metrics', id: 7 });
    const { text } = asking.heard as Extract<ToWorker, { type: 'metrics' }>;
    return (name) => {
      const line = text.split('\n').find((each) => each.startsWith(`${name} `));
      return line === undefined ? undefined : Number(line.split(' ')[1]);
    };
  };
  return { places, all, ask };
}

it('sums what the workers count, and shows the largest lag', async () => {
  const { places, ask } = scene();
  places[0].start(10, 3, 0.25);
  places[1].start(5, 4, 99);
  const value = await ask();
  expect(value('sent_total')).toBe(15);
  expect(value('viewers')).toBe(7);
  expect(value('other_total')).toBe(3);
  expect(value('join_seconds_count')).toBe(15);
  expect(value('nodejs_eventloop_lag_p99_seconds')).toBe(99);
});

it('counters do not go back when a worker is late, dies, and is replaced; gauges do', async () => {
  const { places, ask } = scene();
  places[0].start(10, 3, 0);
  places[1].start(5, 4, 0);
  await ask();
  places[1].isLate = true;
  const whileLate = await ask();
  expect(whileLate('sent_total')).toBe(15);
  for (let deaths = 1; deaths <= 3; deaths += 1) {
    places[1].die();
    const whileGone = await ask();
    expect(whileGone('sent_total')).toBe(10 + 5 * deaths);
    expect(whileGone('viewers')).toBe(3);
    expect(whileGone('join_seconds_bucket{le="2"}')).toBe(10 + 5 * deaths);
    expect(whileGone('topicast_gateway_worker_deaths_total')).toBe(deaths);
    places[1].isLate = false;
    places[1].start(5, 2, 0);
    const afterwards = await ask();
    expect(afterwards('sent_total')).toBe(10 + 5 * (deaths + 1));
    expect(afterwards('viewers')).toBe(5);
  }
});

it('answers even if the sum fails', async () => {
  const { places, all } = scene();
  places[0].start(1, 1, 0);
  places[0].fails = true;
  places[1].isReady = false;
  const asking = new Place();
  all.receive(asking.asProcess, { type: 'ask-metrics', id: 8 });
  await expect.poll(() => asking.heard).toEqual({ type: 'no-metrics', id: 8 });
});
