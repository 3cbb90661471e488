import type { StreamInfo } from '@topicast/contracts/http';
import { formatPosition } from '@topicast/contracts/position';
import { streamId } from '@topicast/contracts/stream-id';
import { videoOf } from '@topicast/contracts/tracks';
import { milliseconds } from '@topicast/contracts/units';
import type { ChunkLog } from '@topicast/log';
import { Chunker } from '@topicast/media/mpegts';
import { until } from '@topicast/test/poll';
import { describe, expect, it, vi } from 'vitest';
import { frameHeader } from '../testing/chunks.js';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { type Received, TestViewer } from '../testing/test-viewer.js';
import { tutorialStream, withoutPacket } from '../testing/tutorial-stream.js';

const CAMERA = streamId('camera');
const BLOCK_BYTES = 1_024;
/** Seconds of media in no time, each chunk acknowledged. */
const ANY_PACE = { TOPICAST_MAX_MESSAGES_PER_SECOND: '10000' };

/**
 * Make a log show its records without headers, as if somebody else's producer had written them to Kafka a while ago.
 */
function hideHeaders(log: ChunkLog, whileAgo = { offset: 0 }): void {
  const tail = log.tail.bind(log);
  vi.spyOn(log, 'tail').mockImplementation(async function* (stream, rendition, start, signal) {
    const from = start.at === 'keyframe' ? { at: 'offset' as const, offset: whileAgo.offset } : start;
    for await (const batch of tail(stream, rendition, from, signal)) {
      yield batch.map((record) => ({ ...record, header: undefined }));
    }
  });
}

class TutorialProducer {
  readonly #log: ChunkLog;
  readonly #bytes: Buffer;
  #sequence = 0;

  constructor(log: ChunkLog, bytes: Buffer) {
    this.#log = log;
    this.#bytes = bytes;
  }

  /** Append some blocks; returns whether there are more. */
  async append(blocks: number): Promise<boolean> {
    const records = [];
    for (let count = 0; count < blocks; count += 1, this.#sequence += 1) {
      const at = this.#sequence * BLOCK_BYTES;
      const value = this.#bytes.subarray(at, at + BLOCK_BYTES);
      if (value.byteLength > 0) records.push({ header: frameHeader(this.#sequence), value });
    }
    if (records.length > 0) await this.#log.append(CAMERA, 0, records);
    return records.length === blocks;
  }
}

describe('a topic that somebody else writes, in blocks of 1,024 bytes', () => {
  it('shows up by itself, as what it is, and plays, also after a restart of the gateway', async () => {
    await using gateway = await GatewayUnderTest.start();
    hideHeaders(gateway.log);
    await gateway.log.createTopic(CAMERA, { partitions: 1, retentionMs: milliseconds(600_000) });
    const stream = await tutorialStream(20);
    const producer = new TutorialProducer(gateway.log, stream);
    const blocks = Math.ceil(stream.byteLength / BLOCK_BYTES);
    await producer.append(Math.floor(blocks / 4));

    const shown = async (): Promise<StreamInfo | undefined> => {
      const response = await fetch(gateway.url('/api/streams/camera'));
      return response.ok ? ((await response.json()) as StreamInfo) : undefined;
    };
    await until(async () => {
      await producer.append(2);
      return videoOf((await shown())?.catalog?.renditions[0]) !== undefined;
    });
    const info = await shown();
    expect(info).toMatchObject({
      id: 'camera',
      title: 'camera',
      state: 'live',
      catalog: {
        session: 0,
        renditions: [
          {
            rendition: 0,
            tracks: [
              { kind: 'video', width: 320, height: 180, frameRate: 25 },
              { kind: 'audio', codec: 'mp4a.40.2', sampleRate: 48_000 },
            ],
          },
        ],
      },
    });
    expect(info?.catalog?.renditions[0]?.bitrate).toBeGreaterThan(10_000);

    using viewer = new TestViewer(gateway.live('camera'));
    using raw = new TestViewer(gateway.live('camera'), { raw: true });
    await until(async () => {
      await producer.append(2);
      return viewer.chunks.length > 20 && raw.raw.length > 20;
    });
    expect(viewer.messages[0]).toEqual({ type: 'state', state: 'live' });
    expect(viewer.chunks[0]!.header).toMatchObject({ session: 0, keyframe: true });
    await gateway.restartGateway();
    await until(() => viewer.closed !== undefined);
    using after = new TestViewer(gateway.live(`camera?after=${formatPosition(viewer.lastPosition)}`));
    while (await producer.append(50));

    const whole: Buffer[] = [];
    const chunker = new Chunker(({ data }) => whole.push(Buffer.from(data)));
    chunker.push(stream);
    // When the topic is read from its beginning, the chunks are numbered by their place in the stream.
    const expected = whole.slice(viewer.chunks[0]!.header.sequence);
    await until(() => viewer.chunks.length + after.chunks.length >= expected.length);
    expect(after.messages.every(({ type }) => type === 'state')).toBe(true);
    const got = [...viewer.chunks, ...after.chunks].map(({ data }) => Buffer.from(data));
    expect(got.length).toBe(expected.length);
    // Only keyframe chunks contain anything of the gateway's own: PAT and PMT, whose counters started over with it.
    const differing = got.filter((data, index) => !data.equals(expected[index]!));
    expect(differing.length).toBeLessThanOrEqual(2);
  });

  it('is resumed without a jump at a gateway that began to read later, and so counts from there', async () => {
    await using gateway = await GatewayUnderTest.start(ANY_PACE);
    const whileAgo = { offset: 0 };
    hideHeaders(gateway.log, whileAgo);
    await gateway.log.createTopic(CAMERA, { partitions: 1, retentionMs: milliseconds(600_000) });
    // It knows the topic from its start.
    await gateway.restartGateway();
    const stream = await tutorialStream(24);
    const producer = new TutorialProducer(gateway.log, stream);
    const blocks = Math.ceil(stream.byteLength / BLOCK_BYTES);
    await producer.append(Math.floor(blocks * 0.8));
    using before = new TestViewer(gateway.live('camera'));
    await until(() => before.chunks.length > 20);
    whileAgo.offset = Math.floor(blocks * 0.2);
    await gateway.restartGateway();
    await until(() => before.closed !== undefined);
    using after = new TestViewer(gateway.live(`camera?after=${formatPosition(before.lastPosition)}`));
    while (await producer.append(50));
    await until(() => after.chunks.length > 20);
    expect(after.messages.every(({ type }) => type === 'state')).toBe(true);
    const last = before.chunks.at(-1)!.header;
    const next = after.chunks[0]!.header;
    // What PROTOCOL 2 tells readers not to judge by.
    expect(next).toMatchObject({ session: 0, discontinuity: false });
    expect(next.sequence).toBeLessThan(last.sequence);
    expect(next.decodeTime).toBeGreaterThan(last.decodeTime);
    const places = [...before.chunks, ...after.chunks].map(({ offset, part }) => offset * 0x1_0000 + part);
    expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
  });

  it('reports a loss to its viewers as a jump, and counts it', async () => {
    await using gateway = await GatewayUnderTest.start(ANY_PACE);
    hideHeaders(gateway.log);
    await gateway.log.createTopic(CAMERA, { partitions: 1, retentionMs: milliseconds(600_000) });
    // It knows the topic from its start.
    await gateway.restartGateway();
    const stream = withoutPacket(await tutorialStream(24), 0.6);
    const producer = new TutorialProducer(gateway.log, stream);
    await producer.append(Math.floor((stream.byteLength * 0.5) / BLOCK_BYTES));
    using viewer = new TestViewer(gateway.live('camera'));
    await until(() => viewer.chunks.length > 20);
    while (await producer.append(50));
    const isJump = (one: Received): boolean => 'message' in one && one.message.type === 'jump';
    const afterJump = (): Received[] => viewer.received.slice(viewer.received.findIndex(isJump));
    await until(() => viewer.received.some(isJump) && afterJump().some((one) => 'chunk' in one));
    // The gateway sees by polling that the topic grows, so it may tell the state before, between or after these.
    expect(viewer.messages.filter(({ type }) => type !== 'state')).toEqual([
      { type: 'jump', reason: 'lost', skipped: 0 },
    ]);
    expect(afterJump().find((one) => 'chunk' in one)).toMatchObject({
      chunk: { header: { keyframe: true, discontinuity: true } },
    });
    const metrics = await (await fetch(gateway.url('/metrics'))).text();
    for (const name of ['continuity_errors_total', 'dropped_access_units_total']) {
      expect(metrics).toMatch(new RegExp(`^topicast_gateway_${name} [1-9]`, 'm'));
    }
  });
});
