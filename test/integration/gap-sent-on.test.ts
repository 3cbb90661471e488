import type { CreatedStream } from '@topicast/contracts/http';
import { readProcessorsConfig, startProcessors } from '@topicast/processors';
import { decode, FFMPEG } from '@topicast/test/ffprobe';
import { messagesOf } from '@topicast/test/flv-film';
import { nginxRtmpUnavailable, startNginxRtmp } from '@topicast/test/nginx-rtmp';
import { until } from '@topicast/test/poll';
import { startRtmpEncoder } from '@topicast/test/rtmp-encoder';
import { logger, startServices } from '@topicast/test/services';
import { expect, it } from 'vitest';

const GAP_MS = 3_000;
const title = `a server that a stream is sent on to keeps one connection, and has pictures, while the encoder is away`;

it.skipIf(nginxRtmpUnavailable)(
  `${title}${nginxRtmpUnavailable ? ` (${nginxRtmpUnavailable})` : ''}`,
  async () => {
    await using server = await startNginxRtmp();
    const services = await startServices({ environment: { TOPICAST_ALLOW_PRIVATE_URLS: '1' } });
    const processors = await startProcessors({
      ...{ log: services.log, ffmpegPath: FFMPEG, logger },
      config: readProcessorsConfig({ TOPICAST_ALLOW_PRIVATE_URLS: '1', TOPICAST_ANALYSE: 'off' }),
    });
    try {
      const created = await services.api('POST', '/api/streams', { id: 'show', source: { kind: 'ingest' } });
      const { rtmp, key } = (created.body as CreatedStream).ingest!;
      const url = server.address('recording', 'show');
      expect((await services.api('POST', '/api/streams/show/destinations', { url })).status).toBe(201);
      const kept = () => server.recordings()[0]?.byteLength ?? 0;
      const first = startRtmpEncoder(`${rtmp}/${key}`);
      await until('it arrives', () => kept() > 100_000);

      first.child.kill('SIGKILL');
      await first.ended;
      await new Promise((resolve) => setTimeout(resolve, GAP_MS));
      const { body } = await services.api('GET', '/api/streams/show');
      expect(body).toMatchObject({ state: 'live', awaySince: expect.any(String) });
      const before = kept();
      await using _again = startRtmpEncoder(`${rtmp}/${key}`);
      await until('it arrives again', () => kept() > before + 150_000);

      const films = server.recordings();
      expect(films).toHaveLength(1);
      const pictures = messagesOf(films[0]!).filter(({ kind, body }) => kind === 'video' && body[1] === 1);
      const times = pictures.map(({ timestamp }) => timestamp);
      const steps = times.slice(1).map((time, index) => time - times[index]!);
      expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...steps)).toBeLessThan(1_000);
      expect(times.at(-1)! - times[0]!).toBeGreaterThan(GAP_MS);
      const { complaints } = await decode(films[0]!);
      expect(complaints).toEqual([]);
    } finally {
      await processors.close();
      await services.close();
    }
  },
);
