import type { CreatedStream, IngestAccess, StreamInfo } from '@topicast/contracts/http';
import { streamId } from '@topicast/contracts/stream-id';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode } from '../support/ffprobe.js';
import { until } from '../support/poll.js';
import { rawViewer } from '../support/raw-viewer.js';
import {
  enhancedRtmpUnavailable,
  LIVE_X264,
  type RtmpEncoder,
  startRtmpEncoder,
} from '../support/rtmp-encoder.js';
import { type Services, startServices } from '../support/services.js';
import { readSessions } from '../support/session-reader.js';

let services: Services;
beforeAll(async () => {
  services = await startServices();
});
afterAll(() => services.close());

let streams = 0;
/** A new stream for an encoder, and where that encoder publishes. */
async function newStream(of = services): Promise<{ id: string; access: IngestAccess; address: string }> {
  const id = `show-${++streams}`;
  const { status, body } = await of.api('POST', '/api/streams', { id, source: { kind: 'ingest' } });
  expect(status).toBe(201);
  const access = (body as CreatedStream).ingest!;
  return { id, access, address: addressOf(access) };
}

const addressOf = ({ rtmp, key }: IngestAccess): string => `${rtmp}/${key}`;
const infoOf = async (id: string, of = services): Promise<StreamInfo> =>
  (await of.api('GET', `/api/streams/${id}`)).body as StreamInfo;
const untilNote = (id: string, words: string): Promise<StreamInfo> =>
  until(`the notes of ${id} speak of ${words}`, async () => {
    const info = await infoOf(id);
    return info.notes?.some((note) => note.includes(words)) && info;
  });

describe('a stream for an encoder that publishes', () => {
  it('waits, is on air while it sends, and waits again', async () => {
    const { id, access, address } = await newStream();
    expect(access.rtmp).toBe(`rtmp://127.0.0.1:${services.producer.rtmpPort}/live`);
    const waiting = await infoOf(id);
    expect(waiting).toMatchObject({ state: 'offline', enabled: true, source: { kind: 'ingest' } });
    expect(waiting.notes).toEqual([expect.stringContaining('Waiting for an encoder')]);
    expect(JSON.stringify(waiting)).not.toContain(access.key.split('.')[1]);

    const viewer = await rawViewer(services.address(id));
    const encoder = startRtmpEncoder(address);
    const { session } = await services.untilState(id, 'live');
    const bytes = await viewer.untilBytes(300_000);
    const { pictures, complaints, hasAudio, size } = await decode(bytes);
    expect({ complaints, hasAudio, size }).toEqual({ complaints: [], hasAudio: true, size: '320x180' });
    expect(pictures).toBeGreaterThan(30);
    expect((await infoOf(id)).catalog?.renditions[0]?.tracks).toMatchObject([
      { kind: 'video', codec: expect.stringMatching(/^avc1/), width: 320 },
      { kind: 'audio', codec: 'mp4a.40.2' },
    ]);

    encoder.child.kill('SIGINT');
    await encoder.ended;
    await services.untilState(id, 'offline');
    await untilNote(id, 'Waiting');
    const before = viewer.bytes().byteLength;
    await using _again = startRtmpEncoder(address);
    const later = await services.untilState(id, 'live');
    expect(later.session).toBeGreaterThan(Number(session));
    await viewer.untilBytes(before + 100_000);
    viewer.close();
  });

  it('shows a slate while its encoder is away, and goes on when it is back', async () => {
    const { id, address } = await newStream();
    const first = startRtmpEncoder(address);
    const before = await services.untilState(id, 'live');
    const chunks = readSessions(services.log, streamId(id));
    const viewer = await rawViewer(services.address(id));
    await viewer.untilBytes(50_000);
    first.child.kill('SIGKILL');
    const away = await until('the encoder is away', async () => {
      const info = await infoOf(id);
      return info.awaySince !== undefined && info;
    });
    expect(away).toMatchObject({ state: 'live', problem: expect.stringContaining('vanished') });
    const slateOf = () => chunks.taken.filter(({ session }) => session === Number(before.session) + 1);
    await until('two seconds of the slate are in the log', () => slateOf().length > 50);
    expect((await infoOf(id)).catalog?.renditions[0]?.tracks).toMatchObject(
      (before.catalog as NonNullable<StreamInfo['catalog']>).renditions[0]!.tracks.map(({ kind, pid }) => ({
        kind,
        pid,
      })),
    );
    await using _again = startRtmpEncoder(address);
    const after = await until('the encoder is back', async () => {
      const info = await infoOf(id);
      return info.awaySince === undefined && info;
    });
    expect(after).toMatchObject({ state: 'live', startedAt: before.startedAt });
    expect(after.problem).toBeUndefined();
    expect(after.notes).toEqual([]);
    await until('its chunks are in the log', () => chunks.taken.at(-1)!.session === after.session);
    const sessions = [...new Set(chunks.taken.map(({ session }) => session))];
    expect(sessions).toEqual([before.session, Number(before.session) + 1, after.session]);
    expect({ faults: chunks.faults, stale: chunks.stale }).toEqual({ faults: 0, stale: 0 });
    expect(chunks.taken.map(({ gop }) => gop)).toEqual(
      chunks.taken.map(({ gop }) => gop).sort((x, y) => x - y),
    );
    const slate = slateOf();
    const [last, next] = [chunks.taken[chunks.taken.indexOf(slate[0]!) - 1]!, slate[0]!];
    expect(next.wallClock - last.wallClock).toBeLessThan(1_000);
    await viewer.untilBytes(viewer.bytes().byteLength + 100_000);
    expect(viewer.socket.readyState).toBe(viewer.socket.OPEN);
    const { complaints, size, hasAudio } = await decode(viewer.bytes());
    // ffmpeg expects one rate of pictures, and the slate has its own.
    const ofDecoder = complaints.filter((line) => !line.includes('dts to muxer'));
    expect({ ofDecoder, size, hasAudio }).toEqual({ ofDecoder: [], size: '320x180', hasAudio: true });
    chunks.close();
    viewer.close();
  });

  it('is not for those who have another key', async () => {
    const { id, address } = await newStream();
    const other = await newStream();
    const wrong = [`${address}0`, address.replace(id, other.id), address.replace(id, 'nobody')];
    const encoders = wrong.map((each) => startRtmpEncoder(each));
    await Promise.all(encoders.map(({ ended }) => ended));
    for (const { said } of encoders) expect(said()).toContain('This stream key is not valid');
    expect((await infoOf(id)).state).toBe('offline');
  });
});

describe('a backup', () => {
  it('takes over at once when the primary one is killed', async () => {
    const { id, address } = await newStream();
    const { body } = await services.api('POST', `/api/streams/${id}/ingest-key`, { for: 'backup' });
    const primary = startRtmpEncoder(address);
    const { session } = await services.untilState(id, 'live');
    await using _backup = startRtmpEncoder(addressOf(body as IngestAccess));
    await untilNote(id, 'The backup encoder is connected');
    const viewer = await rawViewer(services.address(id));
    await viewer.untilBytes(20_000);
    primary.child.kill('SIGKILL');
    const info = await untilNote(id, 'The backup encoder is on air');
    // A slate would have had the next number.
    expect(info.session).toBeGreaterThan(Number(session) + 2);
    await viewer.untilBytes(viewer.bytes().byteLength + 50_000);
    expect(info).toMatchObject({ state: 'live' });
    expect(viewer.socket.readyState).toBe(viewer.socket.OPEN);
    viewer.close();
  });
});

describe('a second encoder with the same key', () => {
  it('takes over, and viewers stay', async () => {
    const { id, address } = await newStream();
    await using first = startRtmpEncoder(address);
    const { session } = await services.untilState(id, 'live');
    const viewer = await rawViewer(services.address(id));
    await viewer.untilBytes(50_000);
    await using _second = startRtmpEncoder(address);
    await first.ended;
    const info = await untilNote(id, 'has taken over');
    expect(info.state).toBe('live');
    expect(info.session).toBeGreaterThan(Number(session));
    await viewer.untilBytes(viewer.bytes().byteLength + 100_000);
    viewer.close();
  });

  it('is refused if that is asked for', async () => {
    const strict = await startServices({ environment: { TOPICAST_INGEST_SECOND: 'refuse' } });
    try {
      const { id, address } = await newStream(strict);
      await using _first = startRtmpEncoder(address);
      const { session } = await strict.untilState(id, 'live');
      const second = startRtmpEncoder(address);
      await second.ended;
      expect(second.said()).toContain('Another encoder is sending');
      expect(await infoOf(id, strict)).toMatchObject({ state: 'live', session });
    } finally {
      await strict.close();
    }
  });
});

describe('a producer that ends', () => {
  it('sends its encoders away, and leaves no stream behind that looks live', async () => {
    const others = await startServices();
    const { id, address } = await newStream(others);
    await using encoder = startRtmpEncoder(address);
    await others.untilState(id, 'live');
    const closing = Date.now();
    await others.producer.close();
    await encoder.ended;
    expect(Date.now() - closing).toBeLessThan(5_000);
    expect((await infoOf(id, others)).state).toBe('offline');
    await others.close();
  });
});

describe('what the operator does', () => {
  const live = async (): Promise<{ id: string; address: string; encoder: RtmpEncoder }> => {
    const { id, address } = await newStream();
    const encoder = startRtmpEncoder(address);
    await services.untilState(id, 'live');
    return { id, address, encoder };
  };

  // They mostly wait, here and below, so they go on at the same time.
  it.concurrent('a stop disconnects the encoder and refuses it, until a start', async () => {
    const { id, address, encoder } = await live();
    await services.api('POST', `/api/streams/${id}/stop`);
    await encoder.ended;
    await services.untilState(id, 'offline');
    const refused = startRtmpEncoder(address);
    await refused.ended;
    expect(refused.said()).toContain('The stream is stopped');
    expect((await infoOf(id)).notes).toEqual([]);
    await services.api('POST', `/api/streams/${id}/start`);
    await using _again = startRtmpEncoder(address);
    await services.untilState(id, 'live');
  });

  it.concurrent('a new key disconnects whoever has the old one', async () => {
    const { id, address, encoder } = await live();
    const { status, body } = await services.api('POST', `/api/streams/${id}/ingest-key`);
    expect(status).toBe(200);
    await encoder.ended;
    const old = startRtmpEncoder(address);
    await old.ended;
    expect(old.said()).toContain('This stream key is not valid');
    await using _again = startRtmpEncoder(addressOf(body as IngestAccess));
    await services.untilState(id, 'live');
  });

  it.concurrent('a deletion ends it', async () => {
    const { id, encoder } = await live();
    await services.api('DELETE', `/api/streams/${id}`);
    await encoder.ended;
    await until(
      'the stream is gone',
      async () => (await services.api('GET', `/api/streams/${id}`)).status === 404,
    );
  });

  it('a key is only for streams that have one', async () => {
    await services.api('POST', '/api/streams', { id: 'card', source: { kind: 'topic' } });
    expect((await services.api('POST', '/api/streams/card/ingest-key')).status).toBe(409);
    expect((await services.api('POST', '/api/streams/nobody/ingest-key')).status).toBe(404);
  });
});

describe('the status', () => {
  it.concurrent.each([
    ['B-frames', { video: '-c:v libx264 -preset ultrafast -bf 2 -g 30 -pix_fmt yuv420p' }],
    ['s apart', { video: LIVE_X264.replace('-g 30', '-g 150') }],
    ['no sound', { audio: '' }],
    ['MP3', { audio: '-c:a libmp3lame -ar 44100' }],
  ])('speaks of %s', async (words, codecs) => {
    const { id, address } = await newStream();
    await using _encoder = startRtmpEncoder(address, codecs);
    expect((await untilNote(id, words)).state).toBe('live');
  });

  it.concurrent('says that nothing can be passed on', async () => {
    const { id, address } = await newStream();
    await using _encoder = startRtmpEncoder(address, { video: '-vn', audio: '-c:a libmp3lame -ar 44100' });
    const info = await untilNote(id, 'MP3');
    expect(info).toMatchObject({ state: 'starting', problem: expect.stringContaining('nothing so far') });
  });

  it.concurrent('says why a picture cannot be passed on, until another encoder comes', async () => {
    const { id, address } = await newStream();
    const encoder = startRtmpEncoder(address, { video: '-c:v flv', audio: '' });
    await encoder.ended;
    const info = await services.untilState(id, 'failed');
    expect(info.problem).toContain('Sorenson H.263');
    expect(info.problem).toContain('H.264');
    await using _better = startRtmpEncoder(address);
    await services.untilState(id, 'live');
    expect((await infoOf(id)).problem).toBeUndefined();
  });
});

describe.skipIf(enhancedRtmpUnavailable)(
  `Enhanced RTMP${enhancedRtmpUnavailable ? ` (SKIPPED: ${enhancedRtmpUnavailable})` : ''}`,
  () => {
    const x265 =
      '-c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params keyint=30:bframes=0:log-level=none';

    it('carries HEVC and Opus', async () => {
      const { id, address } = await newStream();
      await using _encoder = startRtmpEncoder(address, { video: x265, audio: '-c:a libopus' });
      await services.untilState(id, 'live');
      const viewer = await rawViewer(services.address(id));
      const { pictures, hasAudio, complaints } = await decode(await viewer.untilBytes(200_000));
      expect({ hasAudio, complaints }).toEqual({ hasAudio: true, complaints: [] });
      expect(pictures).toBeGreaterThan(10);
      expect((await infoOf(id)).catalog?.renditions[0]?.tracks).toMatchObject([
        { codec: expect.stringMatching(/^hvc1/) },
        { codec: 'opus' },
      ]);
      viewer.close();
    });

    it('is refused with AV1, in words', async () => {
      const { id, address } = await newStream();
      const video = '-c:v libsvtav1 -preset 12 -g 30 -pix_fmt yuv420p';
      const encoder = startRtmpEncoder(address, { video, audio: '' });
      await encoder.ended;
      expect((await services.untilState(id, 'failed')).problem).toContain('AV1');
    });
  },
);
