import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Chunker } from '../mpegts/chunker.js';
import { sectionPackets } from '../mpegts/sections.js';
import { accessUnit, keyframe, SLICE } from '../testing/h264-units.js';
import { adtsFrame, Packetizer } from '../testing/packetizer.js';
import {
  AAC,
  AUDIO,
  chunksOf,
  join,
  transportStream,
  VIDEO,
  ZEROLATENCY,
} from '../testing/transport-stream.js';
import { MediaTimeline } from './media-timeline.js';
import { SampleReader } from './sample-reader.js';

const FRAME = 3000;
const ID3_PID = 0x102;
const KLV_PID = 0x103;
const CUE_PID = 0x104;
const AC3_PID = 0x105;

const text = (of: string) => Uint8Array.from(of, (letter) => letter.charCodeAt(0));
const descriptor = (tag: number, body: Uint8Array) => join([Uint8Array.of(tag, body.byteLength), body]);
const registration = (identifier: string) => descriptor(0x05, text(identifier));
const language = (code: string) => descriptor(0x0a, join([text(code), Uint8Array.of(0)]));

const DATA = [
  // As Apple's tools write timed metadata: a metadata descriptor with 'ID3 ' twice.
  {
    pid: ID3_PID,
    type: 0x15,
    descriptors: descriptor(
      0x26,
      join([
        Uint8Array.of(0xff, 0xff),
        text('ID3 '),
        Uint8Array.of(0xff),
        text('ID3 '),
        Uint8Array.of(0, 0x0f),
      ]),
    ),
  },
  { pid: KLV_PID, type: 0x06, descriptors: join([registration('KLVA'), language('deu')]) },
  { pid: CUE_PID, type: 0x86, descriptors: registration('CUEI') },
  { pid: AC3_PID, type: 0x06, descriptors: registration('AC-3') },
];

/** splice_null() of ANSI/SCTE 35 9.7.1, without the CRC. */
const CUE = [0xfc, 0x30, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xf0, 0, 0, 0, 0];

/** Pictures with sound, ID3 with each fifth, a KLV packet in the middle of each tenth, a cue with each twentieth. */
function withData({ frames = 40 } = {}): Uint8Array {
  const ts = new Packetizer();
  const out: Uint8Array[] = [ts.tables({ more: DATA })];
  for (let i = 0; i < frames; i++) {
    const pts = 90_000 + i * FRAME;
    const picture = ts.video(
      { pts },
      i % 20 === 0 ? keyframe() : accessUnit(SLICE, new Uint8Array(400).fill(0x41)),
    );
    if (i % 5 === 0) out.push(...ts.pes(ID3_PID, 0xbd, { pts: pts + 100 }, text(`ID3 ${i}`)));
    if (i % 20 === 0) out.push(sectionPackets(CUE_PID, (i / 20) & 15, CUE));
    out.push(...picture.slice(0, 1));
    if (i % 10 === 0) out.push(...ts.pes(KLV_PID, 0xbd, { pts }, new Uint8Array(500).fill(i)));
    if (i % 2 === 0) out.push(...ts.pes(AC3_PID, 0xbd, { pts }, new Uint8Array(100)));
    out.push(...picture.slice(1), ...ts.audio({ pts }, adtsFrame(new Uint8Array(20).fill(i))));
  }
  return join(out);
}

describe('data tracks', () => {
  it('survive the chunker, as they are, and are announced', () => {
    const chunker = new Chunker(() => {});
    chunker.push(withData());
    chunker.end();
    expect(chunker.tracks).toMatchObject([
      { kind: 'video', pid: 0x100, codec: 'avc1.42c00a' },
      { kind: 'audio', pid: 0x101, codec: 'mp4a.40.2' },
      { kind: 'data', pid: ID3_PID, format: 'id3' },
      { kind: 'data', pid: KLV_PID, format: 'klv', language: 'deu' },
      { kind: 'data', pid: CUE_PID, format: 'scte35' },
    ]);
    expect(chunker.stats).toMatchObject({ continuityErrors: 0, droppedUnits: 0, ignoredPackets: 20 });
  });

  it('come out as samples with their time on the timeline of the picture', () => {
    const reader = new SampleReader(new MediaTimeline());
    const samples = chunksOf(withData()).flatMap((chunk) => reader.push(chunk.data, chunk).data);
    const of = (pid: number) => samples.filter((sample) => sample.pid === pid);
    expect(
      of(ID3_PID).map(({ data, placement }) => [Buffer.from(data).toString(), placement.presentation]),
    ).toEqual([0, 5, 10, 15, 20, 25, 30, 35].map((i) => [`ID3 ${i}`, i * FRAME + 100]));
    expect(
      of(KLV_PID).map(({ data, placement }) => [data.byteLength, data[0], placement.presentation / FRAME]),
    ).toEqual([0, 10, 20, 30].map((i) => [500, i, i]));
    // A cue has no time stamp; its time is that of the picture with which it came.
    expect(
      of(CUE_PID).map(({ data, placement }) => [...data.subarray(0, 2), placement.presentation / FRAME]),
    ).toEqual([
      [0xfc, 0xb0, 0],
      [0xfc, 0xb0, 20],
    ]);
    expect(reader.stats).toMatchObject({ droppedDataUnits: 0, damagedChunks: 0 });
  });

  it('cost no picture if they are damaged', () => {
    const clean = chunksOf(withData());
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.nat(187), fc.nat(255)), { minLength: 1, maxLength: 9 }),
        (hits) => {
          const bytes = withData();
          const data: number[] = [];
          for (let at = 0; at < bytes.byteLength; at += 188)
            if (bytes[at + 2]! >= 2 && bytes[at + 2]! <= 4 && bytes[at + 1]! % 0x20 === 1) data.push(at);
          // Payloads only: a flipped PID is another packet's loss.
          for (const [packet, at, value] of hits)
            bytes[data[packet % data.length]! + Math.max(4, at)] = value;
          const chunks = chunksOf(bytes);
          expect(chunks.map(({ decodeTime, keyframe }) => [decodeTime, keyframe])).toEqual(
            clean.map(({ decodeTime, keyframe }) => [decodeTime, keyframe]),
          );
          const reader = new SampleReader(new MediaTimeline());
          const pictures = chunks.flatMap((chunk) => reader.push(chunk.data, chunk).video);
          expect(pictures).toHaveLength(40);
        },
      ),
      { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 100) },
    );
  });

  it('do not wait for a picture for ever, and are counted if they would', () => {
    const ts = new Packetizer();
    const chunker = new Chunker(() => {});
    chunker.push(ts.tables({ more: DATA }));
    for (let i = 0; i < 1000; i++)
      for (const packet of ts.pes(KLV_PID, 0xbd, { pts: i * FRAME }, new Uint8Array(1000)))
        chunker.push(packet);
    expect(chunker.stats.droppedUnits).toBeGreaterThan(700);
  });
});

describe('several audio tracks', () => {
  const stream = () =>
    transportStream(
      `${VIDEO} ${AUDIO} -f lavfi -i sine=f=880:r=44100 -map 0 -map 1 -map 2 ${ZEROLATENCY} ${AAC} -metadata:s:a:0 language=eng -metadata:s:a:1 language=deu`,
    );

  it('are announced with their language, pass whole, and have samples on one timeline', () => {
    const chunker = new Chunker(() => {});
    chunker.push(stream());
    expect(chunker.tracks.slice(1)).toMatchObject([
      { kind: 'audio', sampleRate: 48_000, language: 'eng' },
      { kind: 'audio', sampleRate: 44_100, language: 'deu' },
    ]);
    const reader = new SampleReader(new MediaTimeline());
    const runs = chunksOf(stream()).flatMap((chunk) => reader.push(chunk.data, chunk).audio);
    for (const pid of [0x101, 0x102]) {
      const ours = runs.filter((run) => run.pid === pid);
      const frames = ours.flatMap((run) => run.frames);
      expect(frames.length).toBeGreaterThan(165);
      for (let i = 1; i < ours.length; i++)
        expect(ours[i]!.start).toBe(ours[i - 1]!.start + ours[i - 1]!.frames.length * 1024);
    }
    // The priming of the second one begins 2 ms before that of the first, where the timeline begins.
    expect(reader.stats).toMatchObject({ droppedAudioFrames: 1 });
  });

  it('leave tables that ffmpeg understands, language and all', () => {
    const chunks = join(chunksOf(stream()).map(({ data }) => data));
    const json = execFileSync('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', '-'], {
      input: chunks,
      maxBuffer: 1 << 26,
    });
    const { streams } = JSON.parse(json.toString()) as {
      streams: { codec_type: string; tags?: { language?: string } }[];
    };
    expect(streams.map(({ codec_type, tags }) => tags?.language ?? codec_type)).toEqual([
      'video',
      'eng',
      'deu',
    ]);
  });
});
