import { milliseconds } from '@topicast/contracts/units';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Interleaver } from './interleaver.js';
import type { MediaMessage } from './media-message.js';
import { SendQueue } from './send-queue.js';

const FUZZ = { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 60) };
const LIMITS = { span: milliseconds(500), bytes: 5_000 };

/** Messages of a film: pictures 40 ms apart, a sound each, and a configuration before some keyframes. */
const film = fc
  .array(
    fc.record({ isKey: fc.boolean(), isConfigured: fc.boolean(), size: fc.integer({ min: 1, max: 600 }) }),
    {
      maxLength: 120,
    },
  )
  .map((pictures) =>
    pictures.flatMap(({ isKey, isConfigured, size }, n): MediaMessage[] => {
      const time = milliseconds(n * 40);
      const body = new Uint8Array(size);
      const isStart = isKey || n === 0;
      return [
        ...(n === 0 || (isConfigured && isStart)
          ? [{ track: 'video', kind: 'config', time, body: Uint8Array.of(n) } as const]
          : []),
        { track: 'video', kind: isStart ? 'key' : 'delta', time, body },
        { track: 'audio', kind: 'sound', time: milliseconds(time + 10), body: Uint8Array.of(n) },
      ];
    }),
  );

it('never holds more than its bounds, and what comes out can be decoded', () => {
  fc.assert(
    fc.property(film, fc.array(fc.nat(6), { minLength: 1 }), (messages, readers) => {
      const queue = new SendQueue(LIMITS);
      const out: MediaMessage[] = [];
      messages.forEach((message, i) => {
        queue.push(message);
        expect(queue.span).toBeLessThanOrEqual(LIMITS.span);
        for (let n = readers[i % readers.length]!; n > 0; n--) out.push(...[queue.shift() ?? []].flat());
      });
      for (let left = queue.shift(); left; left = queue.shift()) out.push(left);
      const pictures = messages.filter(({ kind }) => kind === 'key' || kind === 'delta');
      const sent = out.filter(({ kind }) => kind === 'key' || kind === 'delta');
      expect(sent.length + queue.droppedPictures).toBe(pictures.length);
      // A picture follows the one before it, or is a keyframe.
      sent.forEach((picture, i) => {
        const before = pictures[pictures.indexOf(picture) - 1];
        expect(picture.kind === 'key' || before === sent[i - 1]).toBe(true);
      });
      // Each picture comes with the configuration that was the newest when it was made.
      const configOf = (all: readonly MediaMessage[], picture: MediaMessage) =>
        all.slice(0, all.indexOf(picture)).findLast(({ kind }) => kind === 'config')?.body;
      for (const picture of sent) expect(configOf(out, picture)).toEqual(configOf(messages, picture));
    }),
    FUZZ,
  );
});

it('puts two tracks into one order, and loses nothing', () => {
  const track = (name: 'video' | 'audio') =>
    fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 60 }).map((gaps) => {
      let time = 0;
      return gaps.map((gap): MediaMessage => {
        time += gap;
        const kind = name === 'video' ? 'delta' : 'sound';
        return { track: name, kind, time: milliseconds(time), body: new Uint8Array(0) };
      });
    });
  fc.assert(
    fc.property(track('video'), track('audio'), fc.nat(900), (video, audio, lateMs) => {
      const interleaver = new Interleaver();
      // The sound arrives later than the pictures of the same time.
      const arriving = [
        ...video.map((message) => ({ message, at: message.time as number })),
        ...audio.map((message) => ({ message, at: message.time + lateMs })),
      ].sort((one, other) => one.at - other.at);
      const out = arriving.flatMap(({ message }) => interleaver.push(message, false));
      out.push(...interleaver.flush());
      expect(out.filter((message) => message.track === 'video')).toEqual(video);
      expect(out.filter((message) => message.track === 'audio')).toEqual(audio);
      const times = out.map(({ time }) => time);
      expect(times).toEqual([...times].sort((one, other) => one - other));
    }),
    FUZZ,
  );
});
