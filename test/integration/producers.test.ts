import { setTimeout as sleep } from 'node:timers/promises';
import { readGatewayConfig, startGateway } from '@topicast/gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whenCalm } from '../support/calm.js';
import { type Broker, kafkaUnavailable, startKafka } from '../support/kafka.js';
import { until } from '../support/poll.js';
import { FILMS, ProducerGroup } from '../support/producer-group.js';
import { rawViewer } from '../support/raw-viewer.js';
import { logger, OPERATOR_TOKEN } from '../support/services.js';

const reason = kafkaUnavailable();
const GOP_MS = 1_000;
/** How often a producer hangs; 50 were run by hand. */
const HANGS = Number(process.env.TOPICAST_HANGS ?? 4);

describe.skipIf(reason)(`several producers on a real Kafka${reason ? ` (${reason})` : ''}`, () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await startKafka({ properties: { 'group.min.session.timeout.ms': 1000 } });
  });
  afterAll(() => broker?.stop());

  /** A reader has the last chunk of one session when the first chunk of the next one comes, and misses nothing. */
  const expectSeamless = (group: ProducerGroup, film: string, sessionBefore: number): void => {
    const { taken, faults } = group.reader(film);
    const next = taken.findIndex(({ session }) => session > sessionBefore);
    const gap = taken[next]!.wallClock - taken[next - 1]!.wallClock;
    console.log(
      `${film} moved: ${gap.toFixed(0)} ms from the last chunk of the one to the first of the other`,
    );
    expect(gap).toBeLessThan(GOP_MS);
    expect(faults).toBe(0);
  };

  it('two share the streams; a third takes its part, and no other stream is disturbed', () =>
    whenCalm(async () => {
      await using group = await ProducerGroup.start(broker.brokers, ['one', 'two']);
      const before = group.snapshot();
      await group.startProducer('three');
      await group.settled('one', 'two', 'three');
      for (const [film, { producer, session }] of before) {
        if (group.producerOf(film) === 'three') expectSeamless(group, film, session);
        else expect([group.producerOf(film), group.sessionOf(film)]).toEqual([producer, session]);
      }
      expect(group.filmsOf('three').length).toBeLessThan(FILMS.length / 2);
    }, 2));

  it('a producer that leaves encodes on until its streams are live elsewhere', () =>
    whenCalm(async () => {
      await using group = await ProducerGroup.start(broker.brokers, ['one', 'two', 'three']);
      const before = group.snapshot();
      const leaver = group.producers.get('three')!;
      const moving = group.filmsOf('three');
      leaver.kill('SIGTERM');
      await until('it has ended', () => leaver.exitCode !== null);
      expect(leaver.exitCode).toBe(0);
      await group.settled('one', 'two');
      for (const film of FILMS) {
        const { session } = before.get(film)!;
        if (moving.includes(film)) expectSeamless(group, film, session);
        else expect(group.sessionOf(film)).toBe(session);
      }
    }, 2));

  it('after kill -9 its streams come back elsewhere, with a higher session', async () => {
    await using group = await ProducerGroup.start(broker.brokers, ['one', 'two', 'three']);
    const before = group.snapshot();
    const moving = group.filmsOf('two');
    const killedAt = performance.now();
    const times = moving.map(async (film) => {
      await until(`${film} is back`, () => group.sessionOf(film) > before.get(film)!.session, {
        everyMs: 10,
      });
      return performance.now() - killedAt;
    });
    group.producers.get('two')!.kill('SIGKILL');
    for (const time of times) console.log(`back after ${(await time).toFixed(0)} ms`);
    await group.settled('one', 'three');
    for (const film of FILMS) {
      if (!moving.includes(film)) expect(group.sessionOf(film)).toBe(before.get(film)!.session);
      expect(group.reader(film).faults).toBe(0);
    }
  });

  it('others take over from a producer that hangs, and its late rows and chunks are ignored and counted', async () => {
    await using group = await ProducerGroup.start(broker.brokers, ['one', 'three']);
    await using gateway = await gatewayOf(group);
    const hanging = group.producers.get('three')!;
    const moving = group.filmsOf('three');
    const before = group.snapshot();
    const viewer = await rawViewer(`ws://127.0.0.1:${gateway.port}/live/${moving[0]}`);
    await viewer.untilBytes(50_000);
    hanging.kill('SIGSTOP');
    await until('the others have taken over', () =>
      moving.every((film) => group.sessionOf(film) > before.get(film)!.session),
    );
    const after = group.snapshot();
    hanging.kill('SIGCONT');
    await until('it speaks late', () => moving.every((film) => group.reader(film).stale > 0));
    await group.settled('one', 'three');
    // Streams that came back to it started over, above what the others had written; no session went back.
    for (const film of moving) {
      expect(group.sessionOf(film)).toBeGreaterThanOrEqual(after.get(film)!.session);
      expect(group.reader(film).faults).toBe(0);
    }
    const metrics = await fetch(`http://127.0.0.1:${gateway.port}/metrics`);
    const [, stale] = /dropped_chunks_total\{reason="stale"\} (\d+)/.exec(await metrics.text()) ?? [];
    expect(Number(stale)).toBeGreaterThan(0);
    viewer.close();
  });

  it(
    `producers that hang for 2 to 20 s, ${HANGS} times, leave one encoder for every stream`,
    async () => {
      const ids = ['one', 'two', 'three'];
      await using group = await ProducerGroup.start(broker.brokers, ids);
      for (let hangs = 0; hangs < HANGS; hangs += 2) {
        // Two at once, each for its own time: one comes back while the other is away.
        const hanging = ids.toSpliced(Math.floor(Math.random() * ids.length), 1);
        const times = hanging.map(() => 2_000 + Math.random() * 18_000);
        await Promise.all(
          hanging.map(async (id, index) => {
            group.producers.get(id)!.kill('SIGSTOP');
            await sleep(times[index]);
            group.producers.get(id)!.kill('SIGCONT');
          }),
        );
        const backAt = performance.now();
        await group.settled(...ids);
        const took = Math.round(performance.now() - backAt);
        console.log(`${hanging} hung for ${times.map(Math.round)} ms; one encoder each after ${took} ms`);
      }
      for (const film of FILMS) expect(group.reader(film).faults).toBe(0);
    },
    60_000 + HANGS * 60_000,
  );

  async function gatewayOf(group: ProducerGroup): Promise<{ port: number } & AsyncDisposable> {
    const gateway = await startGateway({
      log: group.log,
      config: readGatewayConfig({ TOPICAST_DATA_DIR: group.folder, TOPICAST_GATEWAY_PORT: '0' }),
      logger,
      operatorToken: OPERATOR_TOKEN,
    });
    return { port: gateway.port, [Symbol.asyncDispose]: () => gateway.close() };
  }
});
