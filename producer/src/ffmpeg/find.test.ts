import { ConfigError } from '@topicast/contracts/config';
import { afterEach, describe, expect, it } from 'vitest';
import { findFfmpeg } from './find.js';

const searchPath = process.env.PATH;
afterEach(() => {
  process.env.PATH = searchPath;
});

describe('findFfmpeg', () => {
  it('falls back on the one among the dependencies if there is none on PATH', async () => {
    process.env.PATH = '/nonexistent';
    const found = await findFfmpeg(undefined);
    expect(found).toMatchObject({ origin: 'bundled', libavformat: 58 });
    expect(found.protocols.has('rtmp')).toBe(true);
    expect(found.protocols.has('srt')).toBe(false);
  });

  it('says in one line that FFMPEG_PATH names no ffmpeg', async () => {
    await expect(findFfmpeg('/bin/true')).rejects.toThrow(ConfigError);
    await expect(findFfmpeg('/nonexistent/ffmpeg')).rejects.toThrow(
      'FFMPEG_PATH: "/nonexistent/ffmpeg" is no ffmpeg',
    );
  });
});
