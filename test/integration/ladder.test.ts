import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import type { StreamInfo } from '@topicast/contracts/http';
import { parseLadder } from '@topicast/contracts/ladder';
import { streamId } from '@topicast/contracts/stream-id';
import type { ChunkLog, TailStart } from '@topicast/log';
import type { CommandLineInput } from '@topicast/producer';
import { describe, expect, it } from 'vitest';
import { decode, FFMPEG } from '../support/ffprobe.js';
import { footage } from '../support/footage.js';
import { until } from '../support/poll.js';
import { type Services, startServices, testInput } from '../support/services.js';

const SECONDS = 20;
const SOUND_PID = 0x101;
const ladder = parseLadder('720p+480p+360p')!;

interface Read {
  readonly header: ChunkHeader;
  readonly value: Uint8Array;
}

/** So many seconds of a rendition from a place on. */
async function read(
  log: ChunkLog,
  id: string,
  rendition: number,
  from: TailStart,
  seconds: number,
): Promise<Read[]> {
  const records: Read[] = [];
  for await (const batch of log.tail(streamId(id), rendition, from, AbortSignal.timeout(100_000))) {
    for (const { header, value } of batch) records.push({ header: header!, value });
    const [first, last] = [records[0], records.at(-1)];
    if (first && last && last.header.decodeTime - first.header.decodeTime >= seconds * 90_000) return records;
  }
  throw new Error(`rendition ${rendition} of ${id}: only ${records.length} records came`);
}

const keyframes = (records: readonly Read[]): [time: number, gop: number][] =>
  records.filter(({ header }) => header.keyframe).map(({ header }) => [header.decodeTime, header.gop]);

function soundOf(value: Uint8Array): string {
  const hash = createHash('sha1');
  for (let at = 0; at < value.byteLength; at += 188) {
    const pid = ((value[at + 1]! & 0x1f) << 8) | value[at + 2]!;
    if (pid === SOUND_PID) hash.update(value.subarray(at, at + 188));
  }
  return hash.digest('hex');
}

const join = (records: readonly Read[]): Uint8Array => Buffer.concat(records.map(({ value }) => value));

async function stopAndStart(services: Services, id: string): Promise<void> {
  await services.api('POST', `/api/streams/${id}/stop`);
  await services.untilState(id, 'offline');
  await services.api('POST', `/api/streams/${id}/start`);
  await services.untilState(id, 'live');
}

const bundled = (createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg') as { path: string }).path;
const camera = footage('flower.mp4');
const SOURCES: readonly [what: string, input: CommandLineInput, sizes: string[]][] = [
  ['the test picture', testInput('test'), ['1280x720', '852x480', '640x360']],
  [
    `${camera.origin} footage`,
    { id: streamId('camera'), source: { kind: 'file', path: camera.path } },
    camera.origin === 'real' ? ['960x540', '852x480', '640x360'] : ['640x360'],
  ],
];

describe.each([FFMPEG, bundled])('a ladder of three by %s', (ffmpeg) => {
  // They take their time, because they are live.
  it.concurrent.each(SOURCES)(
    'has the same keyframes and sound in all renditions of %s',
    async (_what, input, sizes) => {
      const { id } = input;
      const services = await startServices({
        inputs: [{ ...input, ladder }],
        environment: { FFMPEG_PATH: ffmpeg },
      });
      try {
        await services.untilState(id, 'live');
        const numbers = [...sizes.keys()];
        const renditions = await Promise.all(
          numbers.map((number) => read(services.log, id, number, { at: 'earliest' }, SECONDS)),
        );
        const [best] = renditions;
        expect(keyframes(best!).length).toBeGreaterThanOrEqual(SECONDS);
        expect(keyframes(best!).map(([, gop]) => gop)).toEqual(keyframes(best!).map((_, index) => index + 1));
        for (const [number, records] of renditions.entries()) {
          const common = Math.min(records.length, best!.length);
          expect(keyframes(records.slice(0, common))).toEqual(keyframes(best!.slice(0, common)));
          // Numbers, times and wall clocks, and each packet of sound in the same chunk.
          const shared = (all: readonly Read[]) =>
            all.slice(0, common).map(({ header, value }) => ({ header, sound: soundOf(value) }));
          expect(shared(records)).toEqual(shared(best!));
          const { pictures, ...decoded } = await decode(join(records));
          expect(decoded).toEqual({ size: sizes[number], hasAudio: true, complaints: [] });
          expect(pictures).toBe(records.filter(({ header }) => !header.audioOnly).length);
        }
        const { catalog } = (await services.api('GET', `/api/streams/${id}`)).body as StreamInfo;
        expect(catalog!.renditions.map(({ tracks }) => tracks.map(({ kind }) => kind))).toEqual(
          sizes.map(() => ['video', 'audio']),
        );
        expect(catalog!.session).toBe(best![0]!.header.session);

        const before = await services.log.bounds(streamId(id), 0);
        await stopAndStart(services, id);
        const first = catalog!.session;
        const after = await until('another session is in the log', async () => {
          const records = await read(services.log, id, 0, { at: 'offset', offset: before.next }, 4);
          return records.some(({ header }) => header.session > first) && records;
        });
        const gops = keyframes(after).map(([, gop]) => gop);
        expect(gops).toEqual(gops.map((_, index) => gops[0]! + index));
        expect(gops[0]).toBeGreaterThan(SECONDS);
      } finally {
        await services.close();
      }
    },
  );
});
