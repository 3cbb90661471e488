import { streamId } from '@topicast/contracts/stream-id';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode } from '../support/ffprobe.js';
import { footage } from '../support/footage.js';
import { until } from '../support/poll.js';
import { rawViewer } from '../support/raw-viewer.js';
import { type Services, startServices, testInput } from '../support/services.js';

describe('raw MPEG-TS on the embedded log', () => {
  const film = footage('tears-of-steel-clip.webm');
  const camera = footage('flower.mp4');
  let services: Services;

  beforeAll(async () => {
    services = await startServices({
      inputs: [
        testInput('demo'),
        { id: streamId('film'), title: 'Film', source: { kind: 'file', path: film.path } },
        { id: streamId('camera'), title: 'Camera', source: { kind: 'file', path: camera.path } },
        { id: streamId('copied'), title: 'Copied', source: { kind: 'file', path: camera.path, copy: true } },
      ],
    });
  });
  afterAll(() => services.close());

  it.each(['demo', 'film', 'camera', 'copied'])('%s decodes without a complaint from its first byte', async (id) => {
    const stream = await services.untilState(id, 'live');
    const viewer = await rawViewer(services.address(id));
    const bytes = await viewer.untilBytes(600_000);
    viewer.close();
    expect(bytes.byteLength % 188).toBe(0);
    const decoded = await decode(bytes);
    expect(decoded.complaints).toEqual([]);
    expect(decoded.pictures).toBeGreaterThan(10);
    expect(decoded.hasAudio).toBe(true);
    expect(stream).toMatchObject({
      video: { codec: expect.stringMatching(/^avc1\./), width: expect.any(Number), height: expect.any(Number) },
      audio: { codec: 'mp4a.40.2' },
      session: expect.any(Number),
    });
  });

  it('tells frame rate and bitrate once measured, and warns of B-frames in what is copied', async () => {
    const film = await services.untilState('film', 'live');
    expect(film.problem).toBeUndefined();
    await services.untilState('copied', 'live');
    const copied = await until('the warning is there', async () => {
      const { body } = await services.api('GET', '/api/streams/copied');
      const stream = body as { problem?: string; bitrate?: number; video?: { frameRate?: number } };
      return stream.problem && stream.bitrate && stream.video?.frameRate ? stream : undefined;
    });
    expect(copied.problem).toMatch(/B-frames/);
  });
});
