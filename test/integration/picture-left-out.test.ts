import type { ChunkMessage } from '@topicast/contracts/chunk-message';
import type { ServerMessage } from '@topicast/contracts/server-message';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLiveSocket, say } from '../support/live-socket.js';
import { until } from '../support/poll.js';
import { type Services, startServices, testInput } from '../support/services.js';

const PACKET_BYTES = 188;
/** ffmpeg's PIDs: the picture has the first one of the elementary streams. */
const PICTURE_PID = 0x100;
const SOUND_PID = 0x101;

type Received = ChunkMessage | ServerMessage;

const isChunk = (received: Received): received is ChunkMessage => 'data' in received;
const pidOf = (packet: Uint8Array): number => ((packet[1]! & 0x1f) << 8) | packet[2]!;

/** The packets of a chunk without those of one PID. */
const without = (pid: number, { data }: ChunkMessage): Buffer =>
  Buffer.concat(
    Array.from({ length: data.byteLength / PACKET_BYTES }, (_, n) =>
      data.subarray(n * PACKET_BYTES, (n + 1) * PACKET_BYTES),
    ).filter((packet) => pidOf(packet) !== pid),
  );

describe('a viewer that wants no picture for a while', () => {
  let services: Services;

  beforeAll(async () => {
    services = await startServices({ inputs: [testInput('scene')] });
    await services.untilState('scene', 'live');
  });
  afterAll(() => services?.close());

  const watch = () => {
    const received: Received[] = [];
    const take = (each: Received) => void received.push(each);
    const address = `${services.address('scene')}?offers=1`;
    const socket = openLiveSocket(address, { chunk: take, message: take });
    return { received, socket, chunks: () => received.filter(isChunk) };
  };
  const picture = (received: readonly Received[], sent: boolean): number =>
    received.findLastIndex((each) => !isChunk(each) && each.type === 'picture' && each.sent === sent);

  it('gets exactly the rest of each chunk, and then the present GOP, and every sound once', async () => {
    const [all, viewer] = [watch(), watch()];
    try {
      await until('both play', () => all.chunks().length > 10 && viewer.chunks().length > 10);
      expect(viewer.received).toContainEqual({
        type: 'offers',
        messages: expect.arrayContaining(['picture']),
      });
      say(viewer.socket, { type: 'picture', wanted: false });
      await until('it is left out', () => picture(viewer.received, false) >= 0);
      const left = picture(viewer.received, false);
      await until('there is sound alone', () => viewer.received.length > left + 70);
      say(viewer.socket, { type: 'picture', wanted: true });
      await until('it is back', () => picture(viewer.received, true) >= 0);
      const back = picture(viewer.received, true);
      await until('it plays on', () => viewer.received.length > back + 60);
      await until(
        'the other one is as far',
        () => all.chunks().at(-1)!.offset >= viewer.chunks().at(-1)!.offset,
      );

      const whole = new Map(all.chunks().map((chunk) => [chunk.offset, chunk]));
      const { repeats } = viewer.received[back] as Extract<ServerMessage, { type: 'picture' }>;
      const chunksOf = (from: number, to?: number) => viewer.received.slice(from, to).filter(isChunk);
      const alone = chunksOf(left, back);
      const again = chunksOf(back).slice(0, repeats);
      const after = chunksOf(back).slice(repeats);
      expect(whole.get(alone[0]!.offset)?.header.keyframe).toBe(true);
      expect(again[0]?.header.keyframe ?? after[0]?.header.keyframe).toBe(true);
      for (const chunk of alone) {
        expect(without(PICTURE_PID, whole.get(chunk.offset)!).equals(chunk.data)).toBe(true);
        expect(chunk.header).toEqual(whole.get(chunk.offset)!.header);
      }
      for (const chunk of again) {
        expect(without(SOUND_PID, whole.get(chunk.offset)!).equals(chunk.data)).toBe(true);
        expect(chunk.asksForAck).toBe(false);
      }
      for (const chunk of [...chunksOf(0, left), ...after]) {
        expect(Buffer.from(whole.get(chunk.offset)!.data).equals(chunk.data)).toBe(true);
      }
      const offsets = [...chunksOf(0, left), ...alone, ...after].map(({ offset }) => offset);
      expect(offsets).toEqual(offsets.map((_, n) => offsets[0]! + n));

      const bytes = (chunks: readonly ChunkMessage[]) =>
        chunks.reduce((sum, { data }) => sum + data.byteLength, 0);
      const share = bytes(alone) / bytes(alone.map(({ offset }) => whole.get(offset)!));
      console.info(`sound alone is ${(share * 100).toFixed(1)} % of the bytes`);
      expect(share).toBeLessThan(0.3);
    } finally {
      for (const { socket } of [all, viewer]) socket.terminate();
    }
  });

  it('joins elsewhere with the picture, and is without it again from the next keyframe on', async () => {
    const viewer = watch();
    try {
      await until('it plays', () => viewer.chunks().length > 10);
      say(viewer.socket, { type: 'picture', wanted: false });
      say(viewer.socket, { type: 'seek', to: 'live' });
      await until('it joins with the picture, and is left alone again', () => {
        const [left, jump] = [
          picture(viewer.received, false),
          viewer.received.findLastIndex((each) => !isChunk(each) && each.type === 'jump'),
        ];
        return jump >= 0 && left > jump;
      });
    } finally {
      viewer.socket.terminate();
    }
  });
});
