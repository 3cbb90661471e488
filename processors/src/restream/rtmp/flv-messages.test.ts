import { milliseconds, ticks90k } from '@topicast/contracts/units';
import type { AudioRun, VideoSample } from '@topicast/media/samples';
import { readAudioTag, readVideoTag } from '@topicast/rtmp';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlvMessages } from './flv-messages.js';
import type { MediaMessage } from './media-message.js';

const FUZZ = { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 60) };
const SPS = Uint8Array.of(0x67, 0x42, 0xc0, 0x0a, 0xda);
const H264_ALONE = { hevc: false, opus: false };

const videoConfig = (n: number): VideoSample['config'] => ({
  ...{ kind: 'video', format: 'h264', codec: 'avc1.42c00a', width: 64, height: 64 },
  ...{ sampleAspectRatio: undefined, parameterSets: [SPS, Uint8Array.of(0x68, n)] },
});
const AAC: AudioRun['config'] = {
  ...{ kind: 'audio', format: 'aac', codec: 'mp4a.40.2', sampleRate: 48_000, channels: 1 },
  description: Uint8Array.of(0x11, 0x88),
};

interface Session {
  /** Of its own clock, ticks. */
  readonly base: number;
  readonly pictures: number;
  readonly step: number;
  /** Of this machine, between the last session and this one. */
  readonly gapMs: number;
  readonly config: number;
}

const session: fc.Arbitrary<Session> = fc.record({
  base: fc.integer({ min: -1_000_000, max: 2 ** 34 }),
  pictures: fc.integer({ min: 1, max: 40 }),
  step: fc.constantFrom(1_500, 3_000, 3_003, 3_600),
  gapMs: fc.integer({ min: 0, max: 20_000 }),
  config: fc.nat(2),
});

/** The chunks of a session: each picture with its sound, a B-frame now and then. */
function chunksOf({ base, pictures, step, config }: Session, epoch: number) {
  return Array.from({ length: pictures }, (_, n) => {
    const decode = ticks90k(base + n * step);
    const presentation = ticks90k(decode + (n % 3) * step);
    const video: VideoSample = {
      ...{ pid: 256, placement: { decode, presentation, epoch }, step: undefined },
      ...{ duration: ticks90k(step), keyframe: n === 0, config: videoConfig(config) },
      parts: [Uint8Array.of(0, 0, 0, 1), Uint8Array.of(n)],
    };
    const start = Math.round((decode * 48_000) / 90_000);
    const frame = { data: Uint8Array.of(n), config: AAC, length: 1_024, pts: undefined };
    const audio: AudioRun = { pid: 257, config: AAC, frames: [frame], start, epoch };
    return { samples: { video: [video], audio: [audio], data: [] } };
  });
}

const timesOf = (messages: readonly MediaMessage[], track: string) =>
  messages.filter((message) => message.track === track && message.kind !== 'config').map(({ time }) => time);

describe('messages of many sessions', () => {
  it('are on one line of times that only grows, with gaps as long as they were', () => {
    fc.assert(
      fc.property(fc.array(session, { minLength: 1, maxLength: 5 }), (sessions) => {
        const flv = new FlvMessages(H264_ALONE);
        const messages: MediaMessage[] = [];
        let now = 1_000;
        let firsts = 0;
        const origin = now + sessions[0]!.gapMs;
        sessions.forEach((each, epoch) => {
          now += each.gapMs;
          const begin = now;
          for (const [n, chunk] of chunksOf(each, epoch).entries()) {
            now = begin + (n * each.step) / 90;
            const made = flv.of(chunk, milliseconds(now)).messages;
            expect(made[0]?.kind).toBe(n === 0 ? 'config' : 'delta');
            // Where it belongs on this machine's clock, or right after what came before.
            const before = timesOf(messages, 'video').at(-1) ?? Number.NEGATIVE_INFINITY;
            const wanted = begin - origin;
            if (n === 0 && wanted > before + 200) {
              expect(Math.abs(made[0]!.time - wanted)).toBeLessThanOrEqual(1);
              firsts++;
            }
            messages.push(...made);
          }
        });
        for (const track of ['video', 'audio']) {
          const times = timesOf(messages, track);
          expect(times).toEqual([...new Set(times)].sort((one, other) => one - other));
        }
        expect(timesOf(messages, 'video').length).toBe(
          sessions.reduce((sum, { pictures }) => sum + pictures, 0),
        );
        expect(firsts).toBeGreaterThanOrEqual(1);
        for (const { kind, body } of messages) {
          if (kind !== 'key' && kind !== 'delta') continue;
          const tag = readVideoTag(body);
          expect(tag.kind === 'picture' && tag.compositionMs >= 0 && tag.isKey === (kind === 'key')).toBe(
            true,
          );
        }
      }),
      FUZZ,
    );
  });

  it('bring the frames of AAC and the lengths of H.264 as they are', () => {
    const [chunk] = chunksOf({ base: 0, pictures: 1, step: 3_000, gapMs: 0, config: 1 }, 0);
    const { messages } = new FlvMessages(H264_ALONE).of(chunk!, milliseconds(0));
    const tags = messages.map(({ track, body }) =>
      track === 'video' ? readVideoTag(body) : readAudioTag(body),
    );
    expect(tags).toEqual([
      // ISO 14496-15 5.3.3.1: the profile of the SPS, lengths of four bytes, one SPS, one PPS.
      {
        ...{ kind: 'config', codec: 'h264' },
        data: Uint8Array.of(1, 0x42, 0xc0, 0x0a, 0xff, 0xe1, 0, 5, ...SPS, 1, 0, 2, 0x68, 1),
      },
      { kind: 'picture', codec: 'h264', isKey: true, compositionMs: 0, data: Uint8Array.of(0, 0, 0, 1, 0) },
      { kind: 'config', codec: 'aac', data: AAC.description },
      { kind: 'frame', codec: 'aac', data: Uint8Array.of(0) },
    ]);
  });

  it('say what a destination does not take', () => {
    const flv = new FlvMessages(H264_ALONE);
    const [chunk] = chunksOf({ base: 0, pictures: 1, step: 3_000, gapMs: 0, config: 1 }, 0);
    const { video, audio } = chunk!.samples;
    const hevc = { ...video[0]!, config: { ...video[0]!.config, format: 'hevc' as const } };
    const opus = { ...audio[0]!, config: { ...AAC, format: 'opus' as const } };
    const { messages } = flv.of({ samples: { video: [hevc], audio: [opus], data: [] } }, milliseconds(0));
    expect(messages).toEqual([]);
    expect([flv.refusal, flv.note]).toEqual([
      expect.stringContaining('H.264'),
      expect.stringContaining('AAC'),
    ]);
  });
});
