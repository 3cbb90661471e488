import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { LARGEST_PLAYLIST, wholePlaylist } from './body.js';
import { fencedManifest } from './dash-manifest.js';
import { fencedPlaylist } from './hls-playlist.js';

/** The longest time that a playlist or a manifest may hold the event loop. */
const LIMIT_MS = 50;
/** A busy machine is slow now and then, but not each time. */
const TRIES = 10;
/** A relative address becomes as long as this, and each one is resolved against it. */
const BASE = `http://a.example/${'b'.repeat(8_000)}/list.m3u8`;

const filled = (begin: string, piece: string): string =>
  begin + piece.repeat(Math.floor((LARGEST_PLAYLIST - begin.length) / piece.length));

/** How long nobody else had a turn. A refusal is right for most of these texts. */
async function longestHold(run: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let isOver = false;
  const look = (): void => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  await run().catch(() => undefined);
  isOver = true;
  return Math.max(longest, performance.now() - last);
}

async function bestHold(run: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < TRIES && best > LIMIT_MS; turn++) best = Math.min(best, await longestHold(run));
  return best;
}

describe('a body of the largest size', () => {
  it.each([
    ...[
      '\n',
      '\r\n',
      '\0',
      ' ',
      ' \n',
      'a\n',
      'a/../\n',
      '#\n',
      '#EXTINF:1,\na\n',
      'http://a\n',
      'é\n',
      'URI',
    ],
    ...[
      '#EXT-X-KEY:A=\n',
      '#EXT-X-KEY:URI=a\n',
      `#EXT-X-KEY:${'A=,'.repeat(1_300)}\n`,
      `${'a'.repeat(4_000)}\n`,
    ],
    ...[`#EXT-X-KEY:${'URI=a,'.repeat(600)}\n`, `#${'URI'.repeat(1_300)}\n`, `${'%41/../'.repeat(500)}\n`],
  ])('is no burden as a playlist of %j', async (piece) => {
    expect(await bestHold(() => fencedPlaylist(filled('#EXTM3U\n', piece), BASE))).toBeLessThan(LIMIT_MS);
  });

  it.each(['A=,', 'A="",', 'URI=a,', 'a', 'http://', ' ', '"'])(
    'is no burden as one tag of %j',
    async (piece) => {
      for (const begin of ['#EXT-X-KEY:', '#EXT-X-KEY:URI="http://a/', 'http://a/']) {
        expect(await bestHold(() => fencedPlaylist(filled(`#EXTM3U\n${begin}`, piece), BASE))).toBeLessThan(
          LIMIT_MS,
        );
      }
    },
  );

  it.each([
    ...[
      '" http://',
      ' https://',
      ' https://[',
      '://',
      '<!---->',
      '<!--',
      '<??>',
      '<?',
      ' ',
      '<',
      'http',
      "encoding='",
    ],
    ...[" encoding='utf-8'", ' encoding=', 'a\n', '&#', '\0'],
  ])('is no burden as a manifest of %j', async (piece) => {
    for (const begin of ['<MPD>', '<?xml version="1.0"', '']) {
      expect(await bestHold(() => fencedManifest(filled(begin, piece)))).toBeLessThan(LIMIT_MS);
    }
  });

  it('is enough for hours of segments, and no more is read', async () => {
    const hours = Array.from(
      { length: (4 * 3_600) / 2 },
      (_, index) => `#EXTINF:2.000000,\n${String(index).padStart(97, 'segment')}.ts\n`,
    ).join('');
    const whole = await wholePlaylist(Readable.from([Buffer.from(`#EXTM3U\n${hours}`)]));
    expect((await fencedPlaylist(whole, 'https://a.example/live/list.m3u8')).match(/\.ts\n/g)).toHaveLength(
      7_200,
    );
    const endless = [Buffer.alloc(LARGEST_PLAYLIST), Buffer.alloc(1)];
    await expect(wholePlaylist(Readable.from(endless))).rejects.toThrow('too long');
  });

  it('marks every address, however it is cut', async () => {
    const urls = (scheme: string): string => filled('<MPD>', `<BaseURL>${scheme}b/</BaseURL>`);
    expect(await fencedManifest(urls('https://'))).toBe(urls('https://').replaceAll('https://', 'http://_'));
  });
});

it('leaves out tags that are too long, and refuses addresses that are', async () => {
  const long = 'a'.repeat(4_097);
  expect(await fencedPlaylist(`#EXTM3U\n#${long}\n#EXT-X-KEY:URI="${long}"\na.ts\n`, 'http://a/')).toBe(
    '#EXTM3U\nhttp://a/a.ts\n',
  );
  await expect(fencedPlaylist(`#EXTM3U\n${long}\n`, 'http://a/')).rejects.toThrow('too long');
});
