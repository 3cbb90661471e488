import { ticks90k } from '@topicast/contracts/units';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mp4, Transmuxer } from '../fmp4/index.js';
import { captionSei, ERASE, POP_ON_HELLO, scc, sei } from '../testing/captions.js';
import { accessUnit, IDR_SLICE, PPS, SLICE, SPS } from '../testing/h264-units.js';
import { id3Tag, id3Track } from '../testing/id3.js';
import { Packetizer } from '../testing/packetizer.js';
import { chunksOf, join } from '../testing/transport-stream.js';
import { type CaptionChange, CaptionReader } from './caption-reader.js';
import { readId3 } from './id3.js';
import type { TimedText } from './timed-text.js';

const FRAME = 3000;
const ID3_PID = 0x102;

/** What the text tracks of a stream get. */
function textsOf(ts: Uint8Array): TimedText[] {
  const transmuxer = new Transmuxer(mp4);
  return chunksOf(ts).flatMap((chunk) => {
    transmuxer.push(chunk.data, chunk);
    return transmuxer.texts;
  });
}

/** A stream with a pair of bytes in each picture. @param order of presentation, by order of decoding */
function captioned(pairs: readonly Uint8Array[], order = pairs.map((_, i) => i)): Uint8Array {
  const ts = new Packetizer();
  const delay = Math.max(...order.map((shown, i) => i - shown));
  const pictures = order.flatMap((shown, i) => {
    const slices =
      i === 0 ? [SPS, PPS, captionSei(pairs[shown]), IDR_SLICE] : [captionSei(pairs[shown]), SLICE];
    const dts = 90_000 + i * FRAME;
    return ts.video({ dts, pts: 90_000 + (shown + delay) * FRAME }, accessUnit(...slices));
  });
  return join([ts.tables({ audio: false }), ...pictures]);
}

const changesOf = (texts: readonly TimedText[], reader = new CaptionReader()): CaptionChange[] =>
  texts.flatMap((text) => reader.read(text));

const at = (frame: number, data: Uint8Array): TimedText => {
  const ticks = ticks90k(frame * FRAME);
  return { format: 'captions', data, placement: { decode: ticks, presentation: ticks, epoch: 0 } };
};
const read = (seis: readonly Uint8Array[]): CaptionChange[] => changesOf(seis.map((data, i) => at(i, data)));
/** Channel, picture and text of each change. */
const brief = (changes: readonly CaptionChange[]) =>
  changes.map(({ channel, at, text }) => [channel, at / FRAME, text]);

const HELLO_AND_GONE = [...POP_ON_HELLO, scc('8080')[0]!, ...ERASE];
/** EOC is in the tenth picture, EDM in the thirteenth. */
const SHOWN = [
  ['CC1', 9, 'HELLO'],
  ['CC1', 12, ''],
];

describe('captions', () => {
  it('are shown with the picture that brings their end code, and leave with the one that erases them', () => {
    const changes = changesOf(textsOf(captioned(HELLO_AND_GONE)));
    expect(brief(changes)).toEqual(SHOWN);
    expect(changes[0]).toMatchObject({ row: 14 });
  });

  it('are read in the order of presentation, whatever the order of B-pictures', () => {
    // I0 P3 B1 B2 P6 B4 B5 and so on: pictures that are decoded in this order are shown one picture later.
    const order = HELLO_AND_GONE.slice(1).map((_, i) => (i === 0 ? 0 : i % 3 === 1 ? i + 2 : i - 1));
    const changes = changesOf(textsOf(captioned(HELLO_AND_GONE, order)));
    expect(brief(changes)).toEqual([['CC1', 9 + 1, 'HELLO']]);
  });

  it('are the same in HEVC, whose NAL units have another header', () => {
    expect(brief(read(HELLO_AND_GONE.map((pair) => captionSei(pair, 'hevc'))))).toEqual(SHOWN);
  });

  it('roll up letter by letter, with spaces between the words', () => {
    const pairs = scc('9425 9425 94ad 94ad 9470 9470 4fce c5a1 20d4 d7ef');
    expect(brief(read(pairs.map((pair) => captionSei(pair)))).map(([, , text]) => text)).toEqual([
      'ON',
      'ONE!',
      'ONE! T',
      'ONE! TWo',
    ]);
  });

  it('of different channels and services are kept apart', () => {
    // The second channel of field 1, the first of field 2, and the first service of CEA-708.
    const field2 = scc('1520 1520 1570 1570 c845 152f').map((pair) => [0xfd, ...pair]);
    const channel2 = scc('1c20 1c20 1c70 1c70 c8c9 1c2f').map((pair) => [0xfc, ...pair]);
    // DefineWindow 0, visible; "OK"; and the beginning of the next packet, which ends this one.
    const service = [
      [0xff, 0x06, 0x29],
      ...[
        [0xfe, 0x98, 0x20],
        [0xfe, 0, 0],
        [0xfe, 0, 0x1f],
        [0xfe, 0, 0x4f],
      ],
      [0xfe, 0x4b, 0],
      [0xff, 0x41, 0],
    ];
    const found = read([...field2, ...channel2, ...service].map((triplet) => sei([triplet])));
    expect(found.map(({ channel, text }) => [channel, text])).toEqual([
      ['CC3', 'HE'],
      ['CC2', 'HI'],
      ['SERVICE1', 'OK'],
    ]);
  });

  it('never throw, whatever the bytes are, and hold no more than a screen', () => {
    const triplet = fc.tuple(fc.constantFrom(0xfc, 0xfd, 0xfe, 0xff), fc.nat(255), fc.nat(255));
    fc.assert(
      fc.property(fc.array(fc.array(triplet, { maxLength: 31 }), { maxLength: 200 }), (pictures) => {
        for (const { text } of read(pictures.map((triplets) => sei(triplets))))
          expect(text.length).toBeLessThanOrEqual(8_192);
      }),
      { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 50) },
    );
    fc.assert(fc.property(fc.uint8Array(), (data) => void read([data])));
    const endless = Array.from({ length: 20_000 }, () => captionSei(scc('c845')[0]));
    const reader = new CaptionReader();
    changesOf(
      [...POP_ON_HELLO.map((pair) => captionSei(pair)), ...endless].map((data, i) => at(i, data)),
      reader,
    );
    expect(reader.damaged).toBeGreaterThan(0);
  });

  it('do not come from streams that have none', () => {
    const ts = new Packetizer();
    const recoveryPoint = Uint8Array.of(6, 6, 1, 0xc4, 0x80);
    const picture = accessUnit(SPS, PPS, recoveryPoint, IDR_SLICE);
    expect(textsOf(join([ts.tables({ audio: false }), ...ts.video({ pts: 0 }, picture)]))).toEqual([]);
  });
});

describe('timed ID3', () => {
  it('comes with its time on the time line of the picture, with its frames decoded', () => {
    const ts = new Packetizer();
    const tag = id3Tag('title', 'First');
    const bytes = join([
      ts.tables({ audio: false, more: [id3Track(ID3_PID)] }),
      ...ts.video({ pts: 90_000 }, accessUnit(SPS, PPS, IDR_SLICE)),
      ...ts.pes(ID3_PID, 0xbd, { pts: 90_000 + 100 }, tag),
      ...ts.video({ pts: 90_000 + FRAME }, accessUnit(SLICE)),
      ...ts.video({ pts: 90_000 + 2 * FRAME }, accessUnit(SLICE)),
    ]);
    const texts = textsOf(bytes);
    expect(texts.map(({ format, placement }) => [format, placement.presentation])).toEqual([['id3', 100]]);
    expect(readId3(texts[0]!.data)).toEqual([
      { key: 'TXXX', info: 'title', data: 'First' },
      { key: 'PRIV', info: 'example.org', data: Uint8Array.of(1, 2, 3) },
    ]);
  });

  it('gives all tags of a packet, up to a damaged one', () => {
    const [first, second] = [id3Tag('title', 'First'), id3Tag('title', 'Second')];
    const damaged = id3Tag('title', '\xff\xfe');
    const titles = (pes: Uint8Array) =>
      readId3(pes).flatMap(({ key, data }) => (key === 'TXXX' ? [data] : []));
    expect(titles(join([first, second]))).toEqual(['First', 'Second']);
    expect(titles(join([first, damaged, second]))).toEqual(['First']);
  });

  it('is read from a source that came through an old FFmpeg, which drops the first five bytes', () => {
    expect(readId3(id3Tag('title', 'First').subarray(5))).toEqual(readId3(id3Tag('title', 'First')));
    expect(readId3(Uint8Array.from('nothing of the kind', (letter) => letter.charCodeAt(0)))).toEqual([]);
  });

  it('never throws, whatever the bytes are', () => {
    const tag = id3Tag('title', 'First');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(tag.byteLength - 1), fc.nat(255))), (hits) => {
        const bytes = tag.slice();
        for (const [at, value] of hits) bytes[at] = value;
        readId3(bytes);
      }),
    );
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void readId3(bytes)));
  });
});
