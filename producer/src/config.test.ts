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

  it('names what is wrong', () => {
    const wrong = {
      TOPICAST_RETENTION_MINUTES: 'soon',
      TOPICAST_VIDEO_PRESET: 'placebo',
      TOPICAST_PRODUCER_ID: 'a b',
    };
    for (const name of Object.keys(wrong)) expect(() => readProducerConfig(wrong)).toThrow(name);
  });
});
