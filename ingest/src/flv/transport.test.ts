import { type Chunk, Chunker } from '@topicast/media/mpegts';
import { AAC, flvFilm, messagesOf, PICTURE, run, SOUND, X264 } from '@topicast/test/flv-film';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlvTransport, type MediaMessage } from './transport.js';

/** What comes out at the other end. */
function passed(messages: readonly MediaMessage[]) {
  const parts: Uint8Array[] = [];
  const chunks: Chunk[] = [];
  const chunker = new Chunker((chunk) => chunks.push(chunk));
  const transport = new FlvTransport((bytes) => {
    parts.push(bytes);
    chunker.push(bytes);
  });
  for (const message of messages) transport.push(message);
  return { bytes: Buffer.concat(parts), chunks, chunker, findings: transport.findings };
}

/** Hashes of what a decoder gets, with its times. */
const decoded = (input: Uint8Array, track: 'v' | 'a'): string[] =>
  Buffer.from(run(`-i pipe:0 -map 0:${track} -fps_mode passthrough -f framemd5`, input))
    .toString()
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)!.trim());

const extended = (fourCc: string, packetType: number, ...data: number[]) =>
  Uint8Array.of(0x90 | packetType, ...Buffer.from(fourCc), ...data);

const FILMS = {
  'a camera at low delay': `${PICTURE} ${SOUND} ${X264} ${AAC}`,
  'B-frames': `${PICTURE} ${SOUND} -c:v libx264 -bf 3 -g 30 -pix_fmt yuv420p ${AAC}`,
  'no IDR pictures but the first': `${PICTURE} ${SOUND} ${X264} -x264-params intra-refresh=1 ${AAC}`,
  'large keyframes': `-f lavfi -i mandelbrot=s=1280x720:r=10 -c:v libx264 -crf 1 -preset ultrafast -g 5 -pix_fmt yuv420p`,
  'sound alone': `${SOUND} ${AAC}`,
  'picture alone': `${PICTURE} ${X264}`,
};

describe.each(Object.entries(FILMS))('%s', (_, options) => {
  it('is the same for a decoder, picture by picture, and nothing is lost', () => {
    const flv = flvFilm(`${options} -t 2`);
    const messages = messagesOf(flv);
    const { bytes, chunks, chunker, findings } = passed(messages);
    for (const track of ['v', 'a'] as const) {
      if (messages.some(({ kind }) => kind.startsWith(track)))
        expect(decoded(bytes, track)).toEqual(decoded(flv, track));
    }
    expect(findings).toMatchObject({ damaged: 0, notes: [], refusal: undefined });
    expect(chunker.stats).toMatchObject({ continuityErrors: 0, droppedAccessUnits: 0, droppedUnits: 0 });
    expect(chunks[0]?.keyframe).toBe(true);
  });
});

describe('each picture', () => {
  it('has left when its message has been read', () => {
    const messages = messagesOf(flvFilm(`${PICTURE} ${SOUND} ${X264} ${AAC} -t 1`));
    const chunks: Chunk[] = [];
    const chunker = new Chunker((chunk) => chunks.push(chunk));
    const transport = new FlvTransport((bytes) => chunker.push(bytes));
    for (const message of messages) {
      const before = chunks.filter(({ audioOnly }) => !audioOnly).length;
      transport.push(message);
      const isPicture = message.kind === 'video' && message.body[1] === 1;
      expect(chunks.filter(({ audioOnly }) => !audioOnly).length - before).toBe(isPicture ? 1 : 0);
    }
  });
});

describe('time stamps', () => {
  const messages = messagesOf(flvFilm(`${PICTURE} ${SOUND} ${X264} ${AAC} -t 2`));
  const shifted = (by: number) =>
    messages.map((message) => ({ ...message, timestamp: (message.timestamp + by) % 2 ** 32 }));

  it.each([
    ['24 bits', 2 ** 24 - 1_000],
    ['31 bits', 2 ** 31 - 1_000],
    ['32 bits', 2 ** 32 - 1_000],
    ['the 33 bits of MPEG-TS', 2 ** 33 / 90 - 1_000],
  ])('that pass the end of %s go on', (_, by) => {
    const { chunks, chunker } = passed(shifted(Math.round(by)));
    const [reference] = [passed(messages)];
    expect(chunker.stats).toMatchObject({ droppedAccessUnits: 0, continuityErrors: 0 });
    const steps = (list: readonly Chunk[]) =>
      list.slice(1).map(({ decodeTime }, i) => decodeTime - list[i]!.decodeTime);
    expect(steps(chunks)).toEqual(steps(reference.chunks));
    expect(chunks.slice(1).every(({ discontinuity }) => !discontinuity)).toBe(true);
  });

  it('that jump begin anew at a keyframe', () => {
    const { chunks } = passed([...shifted(500_000), ...shifted(20_000)]);
    const breaks = chunks.filter(({ discontinuity }) => discontinuity);
    expect(breaks.map(({ keyframe }) => keyframe)).toEqual([true, true]);
  });

  it('that stand still, or are a little early, cost no picture', () => {
    const pictures = messages.filter(({ kind }) => kind === 'video');
    const sloppy = pictures.map((message, i) => ({
      ...message,
      timestamp: message.timestamp - (i % 3 === 2 ? 40 : 0),
    }));
    const { chunks, chunker } = passed(sloppy);
    expect(chunker.stats.droppedAccessUnits).toBe(0);
    expect(chunks.length).toBe(60);
  });
});

describe('Enhanced RTMP', () => {
  it('passes HEVC, and the composition times of its two kinds of packets', () => {
    const x265 = '-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=30:bframes=2';
    const mp4 = run(`${PICTURE} ${x265} -t 1 -movflags frag_keyframe+empty_moov+default_base_moof -f mp4`);
    const { record, pictures } = storedHevc(mp4);
    const config = { kind: 'video' as const, timestamp: 0, body: extended('hvc1', 0, ...record) };
    const coded = pictures.map((data, i) => ({
      kind: 'video' as const,
      timestamp: i * 33,
      body:
        i % 2 === 0
          ? Uint8Array.of(i === 0 ? 0x91 : 0xa1, ...Buffer.from('hvc1'), 0, 0, 66, ...data)
          : Uint8Array.of(0xa3, ...Buffer.from('hvc1'), ...data),
    }));
    const { chunks, chunker, findings } = passed([config, ...coded]);
    expect(findings).toMatchObject({ damaged: 0, refusal: undefined });
    expect(chunker.format.video).toMatchObject({ width: 320, height: 180 });
    expect(chunker.format.video?.codec).toMatch(/^hvc1\./);
    expect(chunks.slice(0, 2).map(({ presentationOffset }) => presentationOffset)).toEqual([66 * 90, 0]);
    expect(chunks.length).toBe(pictures.length);
  });

  it('passes Opus', () => {
    const head = [...Buffer.from('OpusHead'), 1, 2, 0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 0];
    const frames = Array.from({ length: 10 }, (_, i) => ({
      kind: 'audio' as const,
      timestamp: i * 20,
      body: extended('Opus', 1, 0xfc, 1, 2, 3),
    }));
    const { chunker } = passed([
      { kind: 'audio', timestamp: 0, body: extended('Opus', 0, ...head) },
      ...frames,
    ]);
    expect(chunker.tracks).toMatchObject([{ kind: 'audio', codec: 'opus', channels: 2 }]);
  });

  it.each([
    ['video', 'AV1', extended('av01', 0)],
    ['video', 'VP9', extended('vp09', 1)],
    ['video', 'VP6', Uint8Array.of(0x14, 0)],
    ['audio', 'FLAC', extended('fLaC', 0)],
    ['audio', 'AC-3', extended('ac-3', 1)],
    ['audio', 'MP3', Uint8Array.of(0x2f, 0)],
    ['audio', 'Speex', Uint8Array.of(0xb2, 0)],
  ] as const)('says that it does not pass %s as %s', (kind, name, body) => {
    const { findings, bytes } = passed([{ kind, timestamp: 0, body }]);
    expect(bytes.byteLength).toBe(0);
    if (kind === 'video') expect(findings.refusal).toContain(name);
    else expect(findings.notes.join()).toContain(name);
    if (kind === 'audio') expect(findings.refusal).toBeUndefined();
  });

  it('leaves out further tracks, and reads behind modifiers', () => {
    const multitrack = Uint8Array.of(0x96, 0x01, ...Buffer.from('avc1'), 1, 0);
    expect(passed([{ kind: 'video', timestamp: 0, body: multitrack }]).findings.notes.length).toBe(1);
    const modified = Uint8Array.of(0x97, 2, 1, 2, 3, 0x00, ...Buffer.from('av01'));
    expect(passed([{ kind: 'video', timestamp: 0, body: modified }]).findings.refusal).toContain('AV1');
  });
});

describe('what is no picture', () => {
  const messages = messagesOf(flvFilm(`${PICTURE} ${X264} -t 1`)).filter(({ kind }) => kind === 'video');
  const video = (...data: number[]) => ({
    kind: 'video' as const,
    timestamp: 500,
    body: Uint8Array.of(0x27, 1, 0, 0, 0, ...data),
  });

  it.each([
    ['nothing', []],
    ['a delimiter', [0, 0, 0, 2, 9, 0xf0]],
    ['a filler', [0, 0, 0, 3, 12, 0xff, 0x80]],
    ['supplemental information', [0, 0, 0, 5, 6, 5, 1, 0, 0x80]],
  ])('such as %s, is no loss', (_, data) => {
    const { chunks, chunker, findings } = passed([
      ...messages.slice(0, 16),
      video(...data),
      ...messages.slice(16),
    ]);
    expect(findings.damaged).toBe(0);
    expect(chunker.stats.continuityErrors).toBe(0);
    expect(chunks.map(({ decodeTime }) => decodeTime)).toEqual(
      passed(messages).chunks.map(({ decodeTime }) => decodeTime),
    );
  });

  it('belongs to the next picture if it is a parameter set, and is not kept without end', () => {
    const sets = [0, 0, 0, 3, 0x68, 0xce, 0x3c];
    const { bytes } = passed([...messages.slice(0, 16), video(...sets), messages[16]!]);
    const [before, after] = [passed(messages.slice(0, 16)).bytes, bytes];
    expect(after.subarray(before.byteLength).includes(Buffer.from([0, 0, 0, 1, 0x68, 0xce, 0x3c]))).toBe(
      true,
    );
    const many = Array.from({ length: 10_000 }, () => video(...sets));
    const kept = passed([...messages.slice(0, 16), ...many, messages[16]!]);
    expect(kept.bytes.byteLength).toBeLessThan(after.byteLength + 60_000);
    expect(kept.findings.damaged).toBe(0);
  });
});

describe('notes', () => {
  it('name the first foreign sound, however many come', () => {
    const name = (i: number) => String(i).padStart(4, '0');
    const { findings } = passed(
      Array.from({ length: 5_000 }, (_, i) => ({
        kind: 'audio' as const,
        timestamp: 0,
        body: extended(name(i), 1),
      })),
    );
    expect(findings.notes).toEqual([expect.stringContaining('0000')]);
    const told = findings.notes;
    findings.foreignSound('MP3');
    expect(findings.notes).toBe(told);
  });
});

describe('whatever comes', () => {
  it('nothing throws, and a damaged picture shows nothing before the next keyframe', () => {
    const messages = messagesOf(flvFilm(`${PICTURE} ${SOUND} ${X264} ${AAC} -t 1`));
    const change = fc.record({
      index: fc.nat(messages.length - 1),
      at: fc.nat(5_000),
      byte: fc.nat(255),
      cut: fc.option(fc.nat(200)),
    });
    const noise = fc.record({
      kind: fc.constantFrom('video' as const, 'audio' as const),
      timestamp: fc.nat(2 ** 32 - 1),
      body: fc.uint8Array({ maxLength: 60 }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 5 }), fc.array(noise, { maxLength: 5 }), (changes, more) => {
        const list = messages.map((message) => ({ ...message, body: new Uint8Array(message.body) }));
        for (const { index, at, byte, cut } of changes) {
          const message = list[index]!;
          message.body[at % (message.body.byteLength || 1)] = byte;
          if (cut !== null) message.body = message.body.subarray(0, cut);
        }
        const { chunker } = passed([...list.slice(0, 40), ...more, ...list.slice(40)]);
        expect(chunker.stats.garbageBytes).toBe(0);
      }),
      { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 100) },
    );
  });
});

/** From fragmented MP4 with one track: the decoder record, and the samples by the sizes that their `trun` tells. */
function storedHevc(mp4: Uint8Array): { record: Uint8Array; pictures: Uint8Array[] } {
  const bytes = Buffer.from(mp4);
  const box = bytes.indexOf('hvcC') - 4;
  const record = bytes.subarray(box + 8, box + bytes.readUInt32BE(box));
  const pictures: Uint8Array[] = [];
  for (let at = bytes.indexOf('mdat'); at > 0; at = bytes.indexOf('mdat', at + 1)) {
    const end = at - 4 + bytes.readUInt32BE(at - 4);
    pictures.push(...accessUnits(bytes.subarray(at + 4, end)));
  }
  return { record, pictures };
}

/** Each picture here is one slice, after what belongs to it. */
function accessUnits(data: Buffer): Uint8Array[] {
  const units: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at < data.byteLength; ) {
    const type = (data[at + 4]! >> 1) & 0x3f;
    at += 4 + data.readUInt32BE(at);
    if (type < 32) units.push(data.subarray(start, at));
    if (type < 32) start = at;
  }
  return units;
}
