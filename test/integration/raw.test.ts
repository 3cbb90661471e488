import type { StreamInfo } from '@topicast/contracts/http';
import { streamId } from '@topicast/contracts/stream-id';
import { audioOf, videoOf } from '@topicast/contracts/tracks';
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

  it.each(['demo', 'film', 'camera', 'copied'])(
    '%s decodes without a complaint from its first byte',
    async (id) => {
      await services.untilState(id, 'live');
      const viewer = await rawViewer(services.address(id));
      const bytes = await viewer.untilBytes(200_000);
      viewer.close();
      expect(bytes.byteLength % 188).toBe(0);
      const decoded = await decode(bytes);
      expect(decoded.complaints).toEqual([]);
      expect(decoded.pictures).toBeGreaterThan(10);
      expect(decoded.hasAudio).toBe(true);
      await until('its formats are known', async () => {
        const { body } = await services.api('GET', `/api/streams/${id}`);
        const [rendition] = (body as StreamInfo).catalog?.renditions ?? [];
        const [video, audio] = [videoOf(rendition), audioOf(rendition)];
        const known = /^avc1\./.test(video?.codec ?? '') && video?.width && video.height && video.frameRate;
        return known && audio?.codec === 'mp4a.40.2' && rendition?.bitrate;
      });
    },
  );

  it('warns of B-frames in what is copied, and of nothing in what is encoded', async () => {
    const warning = await until('the warning is there', async () => {
      const { body } = await services.api('GET', '/api/streams/copied');
      return (body as StreamInfo).notes?.find((note) => note.includes('B-frames'));
    });
    expect(warning).toMatch(/encode it again/);
    const film = await services.untilState('film', 'live');
    expect([film.problem, film.notes]).toEqual([undefined, []]);
  });
});
