import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeIngestMedia,
  encodeIngestMedia,
  IngestClose,
  type IngestMedia,
  mayComeAgain,
  parseIngestNews,
  parsePublish,
  publishMessage,
} from './ingest-message.js';
import { ticks90k } from './units.js';

interface Vectors {
  media: { name: string; hex: string; media: IngestMedia; dataHex: string }[];
  unknown: string[];
  damaged: { name: string; hex: string }[];
  publish: { text: string; key: string | null }[];
  news: { text: string; valid: boolean }[];
}

const vectors: Vectors = JSON.parse(readFileSync(new URL('../vectors/ingest.json', import.meta.url), 'utf8'));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

describe('golden bytes', () => {
  it.each(vectors.media)('$name', ({ hex: text, media, dataHex }) => {
    const whole = { ...media, data: bytes(dataHex) };
    expect(hex(encodeIngestMedia(whole))).toBe(text.replaceAll(' ', ''));
    expect(decodeIngestMedia(bytes(text))).toEqual(whole);
  });

  it.each(vectors.unknown)('%s is of a later version', (text) => {
    expect(decodeIngestMedia(bytes(text))).toBe('unknown');
  });

  it.each(vectors.damaged)('$name is damaged', ({ hex: text }) => {
    expect(decodeIngestMedia(bytes(text))).toBeUndefined();
  });

  it.each(vectors.publish)('to the server: $text', ({ text, key }) => {
    expect(parsePublish(text)).toBe(key ?? undefined);
    if (key !== null) expect(publishMessage(key)).toBe(text);
  });

  it.each(vectors.news)('to the encoder: $text', ({ text, valid }) => {
    expect(parseIngestNews(text)).toEqual(valid ? JSON.parse(text) : undefined);
  });
});

it('is read as it was written, and nothing makes the reader throw', () => {
  const data = fc.uint8Array({ maxLength: 40 });
  const time = fc.maxSafeNat().map(ticks90k);
  const media: fc.Arbitrary<IngestMedia> = fc.oneof(
    fc.record({
      kind: fc.constant('video config' as const),
      codec: fc.constantFrom('h264' as const, 'hevc' as const),
      data,
    }),
    fc.record({ kind: fc.constant('picture' as const), isKey: fc.boolean(), time, data }),
    fc.record({
      kind: fc.constant('audio config' as const),
      codec: fc.constantFrom('opus' as const, 'aac' as const),
      data,
    }),
    fc.record({ kind: fc.constant('sound' as const), time, data }),
  );
  fc.assert(
    fc.property(media, (each) => {
      expect(decodeIngestMedia(encodeIngestMedia(each))).toEqual(each);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.string(), (damaged, text) => {
      decodeIngestMedia(damaged);
      parsePublish(text);
      parseIngestNews(text);
    }),
    { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 1_000) },
  );
});

it('an encoder comes again by itself after an outage, but not where somebody has decided', () => {
  const again = Object.entries(IngestClose).flatMap(([name, code]) => (mayComeAgain(code) ? [name] : []));
  expect(again.sort()).toEqual(['busy', 'goingAway', 'silent', 'unavailable']);
  expect(mayComeAgain(1006)).toBe(true);
});
