import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fencedPlaylist } from './hls-playlist.js';

const BASE = 'https://a.example/x/list.m3u8?t=1';
const fenced = async (...lines: string[]): Promise<string[]> =>
  (await fencedPlaylist(lines.join('\n'), BASE)).split('\n').slice(0, -1);

describe('fencedPlaylist', () => {
  it('writes every address whole', async () => {
    expect(
      await fenced(
        ...[
          '#EXTM3U',
          '#EXTINF:1,a title, uri=https://in.it',
          '1.ts',
          '/2.ts?x=https://b',
          '//c.example/3.ts',
        ],
        ...['https://d.example/4.ts', 'http://e.example/5.ts', '#EXT-X-MAP:URI="init.mp4",BYTERANGE="9@0"'],
        ...['#EXT-X-KEY:METHOD=AES-128, URI=k,IV=0x1', '#EXT-X-MEDIA:TYPE=AUDIO,NAME="a=,b",URI="a.m3u8"'],
      ),
    ).toEqual([
      ...['#EXTM3U', '#EXTINF:1,a title, uri=https://in.it', 'http://_a.example/x/1.ts'],
      ...['http://_a.example/2.ts?x=http://_b', 'http://_c.example/3.ts', 'http://_d.example/4.ts'],
      ...['http://e.example/5.ts', '#EXT-X-MAP:URI="http://_a.example/x/init.mp4",BYTERANGE="9@0"'],
      '#EXT-X-KEY:METHOD=AES-128,URI="http://_a.example/x/k",IV=0x1',
      '#EXT-X-MEDIA:TYPE=AUDIO,NAME="a=,b",URI="http://_a.example/x/a.m3u8"',
    ]);
  });

  it.each([
    ...[
      'tcp://10.0.0.1:1',
      'tcp:10.0.0.1:1',
      'httpproxy://10.0.0.1/a',
      'crypto+http://a/b',
      'crypto:tcp://a:1',
      'file:/x',
    ],
    ...[
      '#EXT-X-KEY:METHOD=AES-128,URI="tcp://10.0.0.1:1"',
      '#EXT-X-MEDIA:URI=tcp://10.0.0.1:1',
      '#EXTM3U\rtcp://a:1',
    ],
    ...['#EXTM3U\0tcp://a:1', ' tcp://10.0.0.1:1', '#EXT-X-MAP:URI="data:,x"'],
  ])('refuses %j', async (line) => {
    await expect(fenced('#EXTM3U', line)).rejects.toThrow('neither http nor https');
  });

  it.each([
    ...[
      '#EXT-X-MEDIA:NAME="x\\",URI="tcp://a:1"',
      '#EXT-X-MEDIA:NAME="x,URI="tcp://a:1"',
      '#EXT-X-MEDIA:uri="tcp://a:1',
    ],
    ...[
      '#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI="skd://x"',
      '#EXT-X-OTHER:URI="tcp://a:1"',
      '#URI=tcp://a:1',
    ],
  ])('leaves out %j', async (line) => {
    expect(await fenced('#EXTM3U', line)).toEqual(['#EXTM3U']);
  });

  it('reads an address in quotes as one, whatever is in it', async () => {
    expect(await fenced('#EXT-X-KEY:METHOD=NONE,URI="a,URI=//h"')).toEqual([
      '#EXT-X-KEY:METHOD=NONE,URI="http://_a.example/x/a,URI=//h"',
    ]);
  });

  it('leaves no address of another kind, whatever comes', async () => {
    const word = fc.constantFrom(
      ...[
        '#EXT-X-KEY:',
        '#EXT-X-MEDIA:',
        'URI=',
        'uri',
        '=',
        '"',
        '\\',
        ',',
        ' ',
        '\t',
        '\r',
        '\n',
        '\0',
        ':',
        '#',
      ],
      ...['tcp://h:1', 'tcp:', '//', 'http://h', 'https://h', 'a.ts', '\u00e9', '\ufeff'],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 30 }), async (words) => {
        let passed: string;
        try {
          passed = await fencedPlaylist(words.join(''), BASE);
        } catch {
          return;
        }
        for (const line of passed.split(/[\r\n\0]/)) {
          if (line !== '' && !line.startsWith('#')) expect(line).toMatch(/^http:\/\//);
          // As ffmpeg's ff_parse_key_value reads it: an address in quotes may hold what looks like another attribute.
          const attributes = line.replaceAll(/"http:\/\/[^"\\]*"/g, '"http://"');
          if (line.startsWith('#EXT-X-')) expect(attributes).not.toMatch(/[:,]URI=(?!"?http:\/\/)/);
        }
      }),
      { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 2_000) },
    );
  });
});
