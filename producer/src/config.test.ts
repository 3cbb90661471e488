import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readProducerConfig } from './config.js';

describe('readProducerConfig', () => {
  it('has defaults for everything, and a name that stays the same', () => {
    const config = readProducerConfig({});
    expect(config).toMatchObject({
      ffmpegPath: undefined,
      mediaDirs: [],
      allowPrivateUrls: false,
      retention: { time: 900_000 },
      encoding: { preset: 'veryfast', maxHeight: 720, maxVideoBitrate: 3_000_000, soundCodec: 'aac' },
      rtmp: { port: 1935, isAskedFor: false, strangersPerAddress: 20 },
    });
    expect(readProducerConfig({}).producerId).toBe(config.producerId);
    expect(readProducerConfig({ TOPICAST_DATA_DIR: '/elsewhere' }).producerId).not.toBe(config.producerId);
  });

  it('takes media folders separated either way', () => {
    const { mediaDirs } = readProducerConfig({ TOPICAST_MEDIA_DIRS: `/a${path.delimiter}/b, clips` });
    expect(mediaDirs).toEqual(['/a', '/b', path.resolve('clips')]);
  });

  it('takes a range of ports for SRT, if one is given', () => {
    expect(readProducerConfig({}).srt).toBeUndefined();
    const { srt } = readProducerConfig({ TOPICAST_SRT_PORTS: '9000-9019' });
    expect(srt).toMatchObject({ first: 9_000, last: 9_019, latency: 200, publicHost: undefined });
    for (const range of ['9000', '9019-9000', '0-5', '9000-70000', '1-60000', '9000-9001-9002'])
      expect(() => readProducerConfig({ TOPICAST_SRT_PORTS: range })).toThrow('TOPICAST_SRT_PORTS');
  });

  it('names what is wrong', () => {
    const wrong = {
      TOPICAST_SRT_LATENCY_MS: '1',
      TOPICAST_PUBLIC_SRT_HOST: 'a/b?c',
      TOPICAST_RETENTION_MINUTES: 'soon',
      TOPICAST_VIDEO_PRESET: 'placebo',
      TOPICAST_PRODUCER_ID: 'a b',
    };
    for (const name of Object.keys(wrong)) expect(() => readProducerConfig(wrong)).toThrow(name);
  });
});
