import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { streamId } from '@topicast/contracts/stream-id';
import { STATUS_TABLE, STREAMS_TABLE, type StreamStatus, streamStatusKey } from '@topicast/contracts/tables';
import { type Gateway, readGatewayConfig, startGateway } from '@topicast/gateway';
import type { ChunkLog, Table } from '@topicast/log';
import { openKafkaLog } from '@topicast/log/kafka';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChildScript } from '../support/child-script.js';
import { FFMPEG } from '../support/ffprobe.js';
import { type Broker, kafkaUnavailable, startKafka } from '../support/kafka.js';
import { until } from '../support/poll.js';
import { childrenOf } from '../support/processes.js';
import { rawViewer } from '../support/raw-viewer.js';
import { logger, OPERATOR_TOKEN } from '../support/services.js';
import { readSessions, type SessionReader } from '../support/session-reader.js';
import { temporaryFolder } from '../support/temporary.js';

const reason = kafkaUnavailable();
/** Names that lie evenly over the partitions of the table: what is shared out are partitions. */
const FILMS = [0, 1, 2, 3, 5, 11, 12, 13].map((n) => `film-${n}`);
const GOP_MS = 1_000;

describe.skipIf(reason)(`several producers on a real Kafka${reason ? ` (${reason})` : ''}`, () => {
  const folder = temporaryFolder();
  const producers = new Map<string, ChildProcess>();
  const readers = new Map<string, SessionReader>();
  let broker: Broker;
  let log: ChunkLog;
  let gateway: Gateway;
  let streams: Table;
  let statuses: Table;

  const start = async (id: string): Promise<ChildProcess> => {
    const child = await startChildScript(join(import.meta.dirname, '../support/producer-process.ts'), [], {
      env: {
        ...process.env,
        KAFKA_BROKERS: broker.brokers,
        TOPICAST_PRODUCER_ID: id,
        TOPICAST_MEDIA_DIRS: folder.path,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    producers.set(id, child);
    const begun = await Promise.race([
      once(child.stdout!, 'data'),
      once(child, 'exit').then(() => undefined),
    ]);
    if (!begun) throw new Error(`the producer "${id}" ended at its start`);
    return child;
  };
  const put = (id: string) =>
    streams.put(
      id,
      JSON.stringify({
        ...{ id, title: id, enabled: true, startCount: 0 },
        source: { kind: 'file', path: 'clip.mp4', copy: true },
        createdAt: new Date().toISOString(),
      }),
    );
  const status = (id: string): StreamStatus => JSON.parse(statuses.get(streamStatusKey(id)) ?? '{}');
  const sessionOf = (id: string): number => readers.get(id)!.taken.at(-1)?.session ?? 0;
  const producerOf = (id: string): string => status(id).producer;
  const filmsOf = (producer: string): string[] => FILMS.filter((id) => producerOf(id) === producer);
  const encodersOf = (child: ChildProcess): number =>
    childrenOf(child.pid!).filter(({ command }) => command.includes('clip.mp4')).length;

  /** Resolves when these producers, each with some, encode all films, each by one encoder, which is the newest. */
  const settled = (...ids: string[]): Promise<unknown> =>
    until(`${ids} share the films`, () => {
      const shares = ids.map((id) => ({
        films: filmsOf(id).length,
        encoders: encodersOf(producers.get(id)!),
      }));
      const live = FILMS.every((id) => status(id).state === 'live' && status(id).session === sessionOf(id));
      const fair = shares.every(({ films, encoders }) => films > 0 && films === encoders);
      return live && fair && shares.reduce((sum, { films }) => sum + films, 0) === FILMS.length;
    });
  const snapshot = () =>
    new Map(FILMS.map((id) => [id, { producer: producerOf(id), session: sessionOf(id) }]));

  /** A reader has the last chunk of the one session when the first of the next comes, and misses nothing. */
  const expectSeamless = (id: string, sessionBefore: number): void => {
    const { taken, faults } = readers.get(id)!;
    const next = taken.findIndex(({ session }) => session > sessionBefore);
    const gap = taken[next]!.wallClock - taken[next - 1]!.wallClock;
    console.log(`${id} moved: ${gap.toFixed(0)} ms from the last chunk of the one to the first of the other`);
    expect(gap).toBeLessThan(GOP_MS);
    expect(faults).toBe(0);
  };

  beforeAll(async () => {
    const picture = 'testsrc2=size=320x180:rate=30:duration=6';
    const video =
      '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -bf 0 -g 30 -keyint_min 30 -sc_threshold 0';
    execFileSync(FFMPEG, [
      ...['-v', 'error', '-f', 'lavfi', '-i', picture],
      ...video.split(' '),
      join(folder.path, 'clip.mp4'),
    ]);
    broker = await startKafka({ properties: { 'group.min.session.timeout.ms': 1000 } });
    log = await openKafkaLog({ brokers: broker.brokers.split(','), logger });
    [streams, statuses] = await Promise.all([log.table(STREAMS_TABLE), log.table(STATUS_TABLE)]);
    gateway = await startGateway({
      log,
      config: readGatewayConfig({ TOPICAST_DATA_DIR: folder.path, TOPICAST_GATEWAY_PORT: '0' }),
      logger,
      operatorToken: OPERATOR_TOKEN,
    });
    await Promise.all(FILMS.map(put));
    await Promise.all([start('one'), start('two')]);
    for (const id of FILMS) {
      await until(`${id} has a topic`, async () => (await log.topics()).includes(streamId(id)));
      readers.set(id, readSessions(log, streamId(id)));
    }
  });
  afterAll(async () => {
    for (const reader of readers.values()) reader.close();
    for (const child of producers.values()) child.kill('SIGKILL');
    await gateway?.close();
    await log?.close();
    await broker?.stop();
    folder[Symbol.dispose]();
  });

  it('two share the streams; a third takes its part, and no other stream is disturbed', async () => {
    await settled('one', 'two');
    const before = snapshot();
    await start('three');
    await settled('one', 'two', 'three');
    for (const [id, { producer, session }] of before) {
      if (producerOf(id) === 'three') expectSeamless(id, session);
      else expect([producerOf(id), sessionOf(id)]).toEqual([producer, session]);
    }
    expect(filmsOf('three').length).toBeLessThan(FILMS.length / 2);
  });

  it('a producer that leaves encodes on until its streams are live elsewhere', async () => {
    const before = snapshot();
    const leaver = producers.get('three')!;
    const moving = filmsOf('three');
    leaver.kill('SIGTERM');
    await until('it has ended', () => leaver.exitCode !== null);
    expect(leaver.exitCode).toBe(0);
    producers.delete('three');
    await settled('one', 'two');
    for (const id of FILMS) {
      const { session } = before.get(id)!;
      if (moving.includes(id)) expectSeamless(id, session);
      else expect(sessionOf(id)).toBe(session);
    }
  });

  it('after kill -9 its streams come back elsewhere, with a higher session', async () => {
    await start('three');
    await settled('one', 'two', 'three');
    const before = snapshot();
    const killed = producers.get('two')!;
    const moving = filmsOf('two');
    const killedAt = performance.now();
    const times = moving.map(async (id) => {
      await until(`${id} is back`, () => sessionOf(id) > before.get(id)!.session, { everyMs: 10 });
      return performance.now() - killedAt;
    });
    killed.kill('SIGKILL');
    producers.delete('two');
    for (const time of times) console.log(`back after ${(await time).toFixed(0)} ms`);
    await settled('one', 'three');
    for (const id of FILMS) {
      if (!moving.includes(id)) expect(sessionOf(id)).toBe(before.get(id)!.session);
      expect(readers.get(id)!.faults).toBe(0);
    }
  });

  it('a producer that hung is followed by others, and what it says late is ignored and counted', async () => {
    const hanging = producers.get('three')!;
    const moving = filmsOf('three');
    const before = snapshot();
    const viewer = await rawViewer(`ws://127.0.0.1:${gateway.port}/live/${moving[0]}`);
    await viewer.untilBytes(50_000);
    hanging.kill('SIGSTOP');
    await until('the others have taken over', () =>
      moving.every((id) => sessionOf(id) > before.get(id)!.session),
    );
    const after = snapshot();
    hanging.kill('SIGCONT');
    await until('it speaks late', () => moving.every((id) => readers.get(id)!.stale > 0));
    await settled('one', 'three');
    // Streams that came back to it began anew, above what the others wrote; nobody's sessions went back.
    for (const id of moving) {
      if (producerOf(id) === 'one') expect(sessionOf(id)).toBe(after.get(id)!.session);
      else expect(sessionOf(id)).toBeGreaterThan(after.get(id)!.session);
      expect(readers.get(id)!.faults).toBe(0);
    }
    const metrics = await fetch(`http://127.0.0.1:${gateway.port}/metrics`);
    const [, stale] = /dropped_chunks_total\{reason="stale"\} (\d+)/.exec(await metrics.text()) ?? [];
    expect(Number(stale)).toBeGreaterThan(0);
    viewer.close();
  });
});
