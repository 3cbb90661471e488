import type { StreamInfo } from '@topicast/contracts/http';
import { formatPosition } from '@topicast/contracts/position';
import { streamId } from '@topicast/contracts/stream-id';
import { milliseconds } from '@topicast/contracts/units';
import type { ChunkLog } from '@topicast/log';
import { Chunker } from '@topicast/media/mpegts';
import { describe, expect, it, vi } from 'vitest';
import { headerOf } from '../testing/chunks.js';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { TestViewer, until } from '../testing/test-viewer.js';
import { tutorialStream } from '../testing/tutorial-stream.js';

const CAMERA = streamId('camera');
const BLOCK_BYTES = 1_024;

/** Let a log show its records as those of a producer without headers: as Kafka does, from a while ago on. */
function hideHeaders(log: ChunkLog): void {
  const tail = log.tail.bind(log);
  vi.spyOn(log, 'tail').mockImplementation(async function* (stream, rendition, start, signal) {
    const from = start.at === 'keyframe' ? { at: 'earliest' as const } : start;
    for await (const batch of tail(stream, rendition, from, signal)) {
      yield batch.map((record) => ({ ...record, header: undefined }));
    }
  });
}

class TutorialProducer {
  #sequence = 0;

  constructor(
    private readonly log: ChunkLog,
    private readonly bytes: Buffer,
  ) {}

  /** Append some blocks; returns whether there are more. */
  async append(blocks: number): Promise<boolean> {
    const records = [];
    for (let count = 0; count < blocks; count += 1, this.#sequence += 1) {
      const at = this.#sequence * BLOCK_BYTES;
      const value = this.bytes.subarray(at, at + BLOCK_BYTES);
      if (value.byteLength > 0) records.push({ header: headerOf(this.#sequence), value });
    }
    if (records.length > 0) await this.log.append(CAMERA, 0, records);
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
      return (await shown())?.video !== undefined;
    });
    const { bitrate, ...info } = (await shown())!;
    expect(info).toMatchObject({
      id: 'camera',
      title: 'camera',
      state: 'live',
      video: { width: 320, height: 180, frameRate: 25 },
      audio: { codec: 'mp4a.40.2', sampleRate: 48_000 },
    });
    expect(bitrate).toBeGreaterThan(10_000);

    using viewer = new TestViewer(gateway.live('camera'));
    using raw = new TestViewer(gateway.live('camera'), { raw: true });
    await until(() => viewer.chunks.length > 20 && raw.raw.length > 20);
    expect(viewer.messages[0]).toEqual({ type: 'state', state: 'live' });
    expect(viewer.chunks[0]!.header).toMatchObject({ session: 0, keyframe: true });
    await gateway.restartGateway();
    await until(() => viewer.closed !== undefined);
    using after = new TestViewer(gateway.live(`camera?after=${formatPosition(viewer.lastPosition)}`));
    while (await producer.append(50));

    const whole: Buffer[] = [];
    const chunker = new Chunker(({ data }) => whole.push(Buffer.from(data)));
    chunker.push(stream);
    // Read from its beginning, the stream's chunks are numbered by their place in it.
    const expected = whole.slice(viewer.chunks[0]!.header.sequence);
    await until(() => viewer.chunks.length + after.chunks.length >= expected.length);
    expect(after.messages.every(({ type }) => type === 'state')).toBe(true);
    const got = [...viewer.chunks, ...after.chunks].map(({ data }) => Buffer.from(data));
    expect(got.length).toBe(expected.length);
    // Only in keyframe chunks there is something of the gateway's: PAT and PMT, whose counters began anew with it.
    const differing = got.filter((data, index) => !data.equals(expected[index]!));
    expect(differing.length).toBeLessThanOrEqual(2);
  });
});
