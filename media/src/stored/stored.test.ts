import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatenated } from '../bytes.js';
import { aac } from '../codec/aac.js';
import { h264 } from '../codec/h264.js';
import { hevc } from '../codec/hevc.js';
import { nalUnits, withLengths } from '../codec/nal.js';
import { opus } from '../codec/opus.js';
import { ChunkReader } from '../mpegts/chunk-reader.js';
import { DELIMITER, hex, IDR_SLICE, PPS, SLICE, SPS } from '../testing/h264-units.js';
import { chunksOf, transportStream, VIDEO } from '../testing/transport-stream.js';
import {
  opusDescriptors,
  readAudioSpecificConfig,
  readDecoderRecord,
  toAdts,
  toByteStream,
  toOpusUnit,
} from './index.js';

const noise = fc.uint8Array({ maxLength: 300 });
const FUZZ = { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 300) };
const stored = (...nals: readonly Uint8Array[]) => concatenated(withLengths(nals));
const FILLER = hex('0c ff ff 80');
const SEI = hex('06 05 01 00 80');
const record = Uint8Array.from(
  h264.decoderRecord({
    ...{ kind: 'video', format: 'h264', codec: '', width: 0, height: 0, sampleAspectRatio: undefined },
    parameterSets: [SPS, PPS],
  }),
);

function pictureOf(...input: Parameters<typeof toByteStream>) {
  const found = toByteStream(...input);
  if (found.kind !== 'picture') throw new TypeError(`no picture: ${found.kind}`);
  return found;
}

describe('pictures', () => {
  const video = readDecoderRecord('h264', record)!;

  it('get a delimiter, and keyframes their parameter sets', () => {
    const key = pictureOf(video, stored(IDR_SLICE), true);
    expect(nalUnits(key.bytes)).toEqual([DELIMITER, SPS, PPS, IDR_SLICE]);
    expect(nalUnits(pictureOf(video, stored(SLICE), false).bytes)).toEqual([DELIMITER, SLICE]);
  });

  it('keep their own parameter sets, and lose fillers and their own delimiter', () => {
    const other = hex('68 ce 3c 80');
    const { bytes } = pictureOf(video, stored(DELIMITER, SPS, other, IDR_SLICE, FILLER), true);
    expect(nalUnits(bytes)).toEqual([DELIMITER, SPS, other, IDR_SLICE]);
  });

  it('are keyframes by what is in them, whatever their container says', () => {
    expect(pictureOf(video, stored(IDR_SLICE), false).isKey).toBe(true);
    expect(h264.inspect(pictureOf(video, stored(IDR_SLICE), false).bytes).keyframe).toBe(true);
  });

  it('of HEVC come back from their record too', () => {
    const [chunk] = chunksOf(
      transportStream(
        `${VIDEO} -c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params log-level=none:keyint=30:bframes=0`,
        { seconds: 1 },
      ),
    );
    const [track] = new ChunkReader().read(chunk!.data)!;
    const { config, nals } = hevc.read(track!.units[0]!.data)!;
    const video = readDecoderRecord('hevc', Uint8Array.from(hevc.decoderRecord(config!)))!;
    expect(video.parameterSets).toEqual(config!.parameterSets);
    const again = hevc.read(pictureOf(video, stored(...nals), true).bytes)!;
    expect(again.config).toEqual(config);
    expect(again.nals).toEqual(nals);
  });

  it.each([
    ['nothing', [], []],
    ['a delimiter', [DELIMITER], []],
    ['a filler', [FILLER], []],
    ['supplemental information', [SEI], [SEI]],
    ['parameter sets', [DELIMITER, SPS, PPS, FILLER], [SPS, PPS]],
  ])('are told from %s alone, which belongs before the next one', (_, nals, kept) => {
    for (const lengthBytes of [1, 2, 3, 4]) {
      const shortened = { ...video, lengthBytes };
      const withLength = (nal: Uint8Array) =>
        concatenated(
          [new Uint8Array(lengthBytes - 1), [nal.byteLength], nal].map((part) => Uint8Array.from(part)),
        );
      const found = toByteStream(shortened, concatenated(nals.map(withLength)), true);
      expect(found).toEqual({ kind: 'preface', data: concatenated(kept.map(withLength)) });
    }
  });

  it('have no records of another size than encoders send', () => {
    const avcC = (sets: number, size: number) =>
      Uint8Array.from([
        ...[1, 0x42, 0, 30, 0xff, 0xe1, 0, SPS.byteLength, ...SPS, sets],
        ...Array.from({ length: sets }, () => [
          size >> 8,
          size & 0xff,
          0x68,
          ...new Uint8Array(size - 1),
        ]).flat(),
      ]);
    expect(readDecoderRecord('h264', avcC(2, 1_000))?.parameterSets.length).toBe(3);
    expect(readDecoderRecord('h264', avcC(1, 17_000))).toBeUndefined();
    expect(readDecoderRecord('h264', avcC(80, 1))).toBeUndefined();
    const sets = [32, 33, 34].flatMap((type) =>
      Array.from({ length: 30 }, () => [type, 0, 1, 0, 1, type << 1]).flat(),
    );
    expect(
      readDecoderRecord('hevc', Uint8Array.of(...new Uint8Array(21), 0xff, 90, ...sets)),
    ).toBeUndefined();
  });

  it('are refused where they are damaged, and never throw', () => {
    expect(toByteStream(video, stored(SLICE).subarray(0, -1), false)).toEqual({ kind: 'damaged' });
    const inputs = fc.tuple(fc.constantFrom('h264' as const, 'hevc' as const), noise, noise);
    fc.assert(
      fc.property(inputs, ([format, bytes, picture]) => {
        const found = readDecoderRecord(format, bytes);
        toByteStream(found ?? { ...video, format }, picture, true);
      }),
      FUZZ,
    );
  });
});

describe('sound', () => {
  it('of AAC is read as ADTS', () => {
    const config = readAudioSpecificConfig(hex('11 90'))!; // LC, 48 kHz, stereo
    const frame = Uint8Array.from({ length: 300 }, (_, i) => i);
    const adts = toAdts(config, frame)!;
    const [read] = aac.reader({ pid: 0, type: 0x0f, descriptors: frame }).read(adts, 5);
    expect(read).toMatchObject({ data: frame, pts: 5, config: { sampleRate: 48_000, channels: 2 } });
  });

  it.each([
    ['HE-AAC, by its core', '2b 11 88 00', { objectType: 2, frequencyIndex: 6 }],
    ['a rate that is spelt out', '17 80 5d c0 10', { sampleRate: 48_000, channelConfiguration: 2 }],
    ['xHE-AAC', 'f9 48 80', undefined],
    ['channels without a number', '11 80', undefined],
    ['nothing', '', undefined],
  ])('knows %s', (_, text, expected) => {
    const config = readAudioSpecificConfig(text ? hex(text) : new Uint8Array(0));
    if (expected) expect(config).toMatchObject(expected);
    else expect(config).toBeUndefined();
  });

  it('of Opus is read from private PES packets', () => {
    const head = Uint8Array.from([...new TextEncoder().encode('OpusHead'), 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const stream = { pid: 0, type: 6, descriptors: opusDescriptors(head)! };
    expect(opus.isCarriedBy(stream)).toBe(true);
    const packets = [10, 255, 510, 700].map((length) => new Uint8Array(length).fill(0x7c));
    for (const packet of packets) {
      const [frame] = opus.reader(stream).read(toOpusUnit(packet)!, 7);
      expect(frame).toMatchObject({ data: packet, pts: 7, config: { channels: 2 } });
    }
  });

  it('never makes anything throw', () => {
    fc.assert(
      fc.property(noise, (bytes) => {
        readAudioSpecificConfig(bytes);
        opusDescriptors(bytes);
        toOpusUnit(bytes);
      }),
      FUZZ,
    );
  });
});
