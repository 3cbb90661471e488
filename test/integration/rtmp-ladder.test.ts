import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import type { CreatedStream, StreamInfo } from '@topicast/contracts/http';
import { parseLadder } from '@topicast/contracts/ladder';
import { streamId } from '@topicast/contracts/stream-id';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode } from '../support/ffprobe.js';
import { until } from '../support/poll.js';
import { childrenOf } from '../support/processes.js';
import { rawViewer } from '../support/raw-viewer.js';
import { LIVE_X264, startRtmpEncoder } from '../support/rtmp-encoder.js';
import { type Services, startServices } from '../support/services.js';

let services: Services;
beforeAll(async () => {
  services = await startServices();
});
afterAll(() => services.close());

const REORDERED = '-c:v libx264 -preset ultrafast -bf 2 -g 30 -pix_fmt yuv420p';

let streams = 0;
async function newStream(ladder: string | undefined): Promise<{ id: string; address: string }> {
  const id = `sizes-${++streams}`;
  const body = { id, source: { kind: 'ingest' }, ...(ladder && { ladder: parseLadder(ladder) }) };
  const { status, body: made } = await services.api('POST', '/api/streams', body);
  expect(status).toBe(201);
  const { rtmp, key } = (made as CreatedStream).ingest!;
  return { id, address: `${rtmp}/${key}` };
}

const infoOf = async (id: string): Promise<StreamInfo> =>
  (await services.api('GET', `/api/streams/${id}`)).body as StreamInfo;
const heightsOf = ({ catalog }: StreamInfo): (number | undefined)[] =>
  (catalog?.renditions ?? []).map(({ tracks }) => tracks.find((track) => track.kind === 'video')?.height);
const untilHeights = (id: string, ...heights: number[]): Promise<StreamInfo> =>
  until(`${id} has ${heights} lines`, async () => {
    const info = await infoOf(id);
    return JSON.stringify(heightsOf(info)) === JSON.stringify(heights) && info;
  });

interface Read {
  readonly header: ChunkHeader;
  readonly value: Uint8Array;
}

/** So many keyframes and what is between them, from the newest on. */
async function read(id: string, rendition: number, gops: number): Promise<Read[]> {
  const records: Read[] = [];
  const { next } = await services.log.bounds(streamId(id), rendition);
  const from = { at: 'offset', offset: next } as const;
  for await (const batch of services.log.tail(streamId(id), rendition, from, AbortSignal.timeout(60_000))) {
    for (const { header, value } of batch) {
      if (records.length > 0 || header?.keyframe) records.push({ header: header!, value });
      const keyframes = records.filter(({ header }) => header.keyframe).length;
      if (keyframes > gops) return records.slice(0, -1);
    }
  }
  throw new Error(`rendition ${rendition} of ${id}: only ${records.length} records came`);
}

const join = (records: readonly Read[]): Uint8Array => Buffer.concat(records.map(({ value }) => value));

describe('a stream for an encoder that publishes, with a ladder', () => {
  // They mostly wait, so they go on at the same time.
  it.concurrent.each([
    ['', LIVE_X264],
    [' with B-frames', REORDERED],
  ])('has the pictures of its encoder%s, and the smaller ones, also while it is away', async (_, video) => {
    const { id, address } = await newStream('720p+144p');
    const encoder = startRtmpEncoder(address, { video });
    const { catalog } = await untilHeights(id, 180, 144);
    const viewer = await rawViewer(`${services.address(id)}?rendition=1`);
    const [best, lower] = await Promise.all([read(id, 0, 3), read(id, 1, 2)]);
    const counterparts = new Map(best.map((record) => [record.header.sequence, record]));
    const common = lower.filter(({ header }) => counterparts.has(header.sequence));
    expect(common.length).toBeGreaterThan(30);
    expect(common.map(({ header }) => header)).toEqual(
      common.map(({ header }) => counterparts.get(header.sequence)!.header),
    );
    const { pictures, ...decoded } = await decode(join(lower));
    expect(decoded).toEqual({ size: '256x144', hasAudio: true, complaints: [] });
    expect(pictures).toBe(lower.filter(({ header }) => !header.audioOnly).length);
    expect((await infoOf(id)).notes ?? []).not.toContainEqual(expect.stringContaining('smaller sizes'));

    encoder.child.kill('SIGKILL');
    await until('viewers of the smaller size see the slate', async () => {
      const slate = (await infoOf(id)).catalog;
      return slate && slate.session > catalog!.session && slate.renditions.length === 2;
    });
    await viewer.untilBytes(viewer.bytes().byteLength + 20_000);
    await using _again = startRtmpEncoder(address, { video });
    await until('the encoder is back in both sizes', async () => {
      const info = await infoOf(id);
      return info.awaySince === undefined && heightsOf(info).length === 2;
    });
    await viewer.untilBytes(viewer.bytes().byteLength + 50_000);
    viewer.close();
  });

  it.concurrent('gets and loses smaller sizes while it is on air, and their encoder may die', async () => {
    const { id, address } = await newStream(undefined);
    await using _encoder = startRtmpEncoder(address);
    const { version } = await untilHeights(id, 180);
    const viewer = await rawViewer(services.address(id));
    const edit = await services.api('PATCH', `/api/streams/${id}`, { version, ladder: [{ height: 160 }] });
    expect(edit.status).toBe(200);
    const { catalog } = await untilHeights(id, 180, 160);

    const child = childrenOf(process.pid).find(({ command }) => command.includes('160/ih'))!;
    process.kill(child.pid, 'SIGKILL');
    await untilHeights(id, 180);
    expect((await infoOf(id)).notes).toContainEqual(
      expect.stringContaining('The encoder of the smaller sizes'),
    );
    const again = await untilHeights(id, 180, 160);
    expect(again.catalog?.session).toBe(catalog?.session);

    const { version: newest } = again;
    await services.api('PATCH', `/api/streams/${id}`, { version: newest, ladder: null });
    const last = await untilHeights(id, 180);
    expect(last).toMatchObject({ state: 'live', catalog: { session: catalog?.session } });
    expect(last.notes ?? []).not.toContainEqual(expect.stringContaining('smaller sizes'));
    // All that time, the best rendition went on.
    const { complaints } = await decode(viewer.bytes());
    expect(complaints).toEqual([]);
    viewer.close();
  });
});
