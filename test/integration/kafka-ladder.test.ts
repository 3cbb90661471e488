import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import type { StreamInfo } from '@topicast/contracts/http';
import { parseLadder, type Rung } from '@topicast/contracts/ladder';
import { streamId } from '@topicast/contracts/stream-id';
import { type Gateway, readGatewayConfig, startGateway } from '@topicast/gateway';
import type { ChunkLog, LogRecord } from '@topicast/log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SwitchingViewer } from '../../gateway/src/testing/switching-viewer.js';
import { type Broker, kafkaUnavailable, startKafka } from '../support/kafka.js';
import { openKafkaLog } from '../support/kafka-log.js';
import { until } from '../support/poll.js';
import { logger, OPERATOR_TOKEN, type Services, startServices } from '../support/services.js';
import { temporaryFolder } from '../support/temporary.js';

const reason = kafkaUnavailable();
/** New topics on a broker that others use too. */
const nameOf = (name: string): string => `${name}-${Date.now().toString(36)}`;
const STEPS = nameOf('steps');
const GROWING = nameOf('growing');
const SWITCHES = 8;
const LADDER = parseLadder('360p+180p')!;

describe.skipIf(reason)(`a ladder on a real Kafka${reason ? ` (${reason})` : ''}`, () => {
  const folder = temporaryFolder();
  let broker: Broker;
  let services: Services;
  /** On a connection of its own, as in another process: what the producer learns about topics, it does not. */
  let log: ChunkLog;
  let gateway: Gateway;

  beforeAll(async () => {
    broker = await startKafka();
    const brokers = broker.brokers.split(',');
    services = await startServices({ log: await openKafkaLog({ brokers, logger }) });
    log = await openKafkaLog({ brokers, logger });
    const config = readGatewayConfig({ TOPICAST_DATA_DIR: folder.path, TOPICAST_GATEWAY_PORT: '0' });
    gateway = await startGateway({ log, config, logger, operatorToken: OPERATOR_TOKEN });
  });
  afterAll(async () => {
    await gateway?.close();
    await services?.close();
    await log?.close();
    await broker?.stop();
    folder[Symbol.dispose]();
  });

  const create = async (id: string, ladder: readonly Rung[]): Promise<void> => {
    await services.api('POST', '/api/streams', { id, title: id, source: { kind: 'test' }, ladder });
    await services.untilState(id, 'live');
  };
  /** Everything in a rendition's partition at this moment. */
  const recordsOf = async (id: string, rendition: number): Promise<LogRecord[]> => {
    const { next } = await log.bounds(streamId(id), rendition);
    const records: LogRecord[] = [];
    const signal = AbortSignal.timeout(20_000);
    for await (const batch of log.tail(streamId(id), rendition, { at: 'earliest' }, signal)) {
      records.push(...batch);
      if (records.at(-1)!.offset >= next - 1) return records;
    }
    throw new Error(`${id}/${rendition}: only ${records.length} of ${next} records came`);
  };
  const watch = (id: string, wish: (chunk: ChunkMessage) => number | undefined): SwitchingViewer =>
    new SwitchingViewer({ address: () => `ws://127.0.0.1:${gateway.port}/live/${id}`, wish });
  /** What the viewer got is what is in the partitions: every chunk after the one before, also over a switch. */
  const expectSeamless = async (id: string, chunks: readonly ChunkMessage[]): Promise<void> => {
    const inLog = await Promise.all([0, 1].map((rendition) => recordsOf(id, rendition)));
    const [before, after] = [chunks.slice(0, -1), chunks.slice(1)];
    for (const { rendition, offset, data } of chunks) {
      expect(Buffer.from(data).equals(inLog[rendition]![offset]!.value)).toBe(true);
    }
    before.forEach(({ rendition, offset }, at) => {
      const next = after[at]!;
      const follower = inLog[rendition]![offset + 1]!;
      if (next.rendition === rendition) expect(next.offset).toBe(offset + 1);
      else expect(next.header).toMatchObject({ keyframe: true, decodeTime: follower.header!.decodeTime });
    });
  };
  const keyframes = (records: readonly LogRecord[]): [gop: number, decodeTime: number][] =>
    records.flatMap(({ header }) => (header?.keyframe ? [[header.gop, header.decodeTime]] : []));

  it('has a partition for each rendition, and a viewer changes between them without a repeat or a loss', async () => {
    await create(STEPS, LADDER);
    let asked = 0;
    // Each half a GOP after a keyframe, so that the wish waits for the next one.
    using viewer = watch(STEPS, ({ header, rendition }) => {
      if (header.sinceKeyframe !== 10 || asked === SWITCHES) return undefined;
      asked += 1;
      return 1 - rendition;
    });
    await until('it has changed', () => viewer.switches === SWITCHES);
    const { chunks, faults } = viewer;
    expect(faults).toEqual([]);
    await expectSeamless(STEPS, chunks.slice());

    const [best, smaller] = await Promise.all([recordsOf(STEPS, 0), recordsOf(STEPS, 1)]);
    const common = Math.min(keyframes(best).length, keyframes(smaller).length);
    expect(common).toBeGreaterThan(SWITCHES);
    expect(keyframes(smaller).slice(0, common)).toEqual(keyframes(best).slice(0, common));
    await expect(log.bounds(streamId(STEPS), 2)).rejects.toMatchObject({ code: 'invalid' });
  });

  it('continues when a stream of one rendition gets a second one while it runs', async () => {
    await create(GROWING, LADDER.slice(0, 1));
    let wished: number | undefined;
    using viewer = watch(GROWING, () => {
      const wish = wished;
      wished = undefined;
      return wish;
    });
    await until('it plays', () => viewer.chunks.length > 60);
    await expect(log.bounds(streamId(GROWING), 1)).rejects.toMatchObject({ code: 'invalid' });
    const first = viewer.chunks.at(-1)!.header;

    const edited = await services.api('PATCH', `/api/streams/${GROWING}`, { version: 0, ladder: LADDER });
    expect(edited.status).toBe(200);
    await until('both renditions are offered', async () => {
      const answer = await fetch(`http://127.0.0.1:${gateway.port}/api/streams/${GROWING}`);
      const { catalog } = (await answer.json()) as StreamInfo;
      return catalog?.renditions.length === 2 && catalog.session > first.session;
    });
    // The first encoder writes until the second one does; the last that it writes is late, and lies in between.
    const news = viewer.chunks.length;
    await until('the second encoder is alone', () => viewer.chunks.length > news + 60);
    const offered = viewer.chunks.length;
    wished = 1;
    await until('it has changed', () => viewer.switches === 1);
    const there = viewer.chunks.length;
    await until('it goes on there', () => viewer.chunks.length > there + 60);

    // One new session, and nothing else that a viewer notices.
    expect(viewer.faults).toEqual([expect.stringMatching(/"reason":"session"/)]);
    const sessions = [...new Set(viewer.chunks.map(({ header }) => header.session))];
    expect(sessions).toHaveLength(2);
    await expectSeamless(GROWING, viewer.chunks.slice(offered));
    const [best, added] = await Promise.all([recordsOf(GROWING, 0), recordsOf(GROWING, 1)]);
    expect(best.map(({ offset }) => offset)).toEqual(best.map((_, index) => index));
    const heard = best.filter(
      ({ header }, at) => !best.slice(0, at).some((before) => before.header!.session > header!.session),
    );
    const gops = keyframes(heard).map(([gop]) => gop);
    expect(gops).toEqual(gops.map((_, index) => index + 1));
    expect(added[0]).toMatchObject({ offset: 0, header: { session: sessions[1], keyframe: true } });
  });
});
