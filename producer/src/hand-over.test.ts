import type { Source } from '@topicast/contracts/http';
import { streamId } from '@topicast/contracts/stream-id';
import { describe, expect, it } from 'vitest';
import { canBeReadTogether, canBeReadTwice, successorWrites } from './hand-over.js';

describe('handing a stream over', () => {
  it('needs a source that two encoders can read at once', () => {
    const url = (address: string): Source => ({ kind: 'url', url: address });
    const twice: Source[] = [
      { kind: 'test' },
      { kind: 'file', path: 'film.mp4' },
      url('rtsp://camera.example/1'),
      url('srt://relay.example:9000?streamid=mode=listener-room'),
      url('https://example.com/live.m3u8?mode=listener'),
    ];
    const once: Source[] = [
      { kind: 'device', path: '/dev/video0' },
      url('srt://:9000?mode=listener'),
      url('SRT://0.0.0.0:9000?latency=80&mode=Listener'),
      url('srt://peer.example:9000?mode=rendezvous'),
      // The first "?" begins the options, and a fragment is one of them, as ffmpeg reads it.
      url('srt://:9000?streamid=#!::r=x&mode=listener'),
      url(' srt://0.0.0.0:9000?a=?&mode=listener'),
    ];
    expect(twice.filter((source) => !canBeReadTwice(source))).toEqual([]);
    expect(once.filter(canBeReadTwice)).toEqual([]);
    // Two callers may want the same port, and two devices may be the same one.
    const pairs = [...twice, ...once].flatMap((one) =>
      [...twice, ...once].map((other) => [one, other] as const),
    );
    const apart = pairs.filter(([one, other]) => !canBeReadTogether(one, other));
    expect(apart).toEqual(once.flatMap((one) => once.map((other) => [one, other])));
  });

  it('does not wait if nobody is left, and stops waiting when they leave', async () => {
    let asked = 0;
    const tail = async function* (_: unknown, __: unknown, ___: unknown, signal: AbortSignal) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      yield* [];
    };
    const options = {
      log: { tail },
      stream: streamId('cam'),
      session: 7,
      signal: new AbortController().signal,
    };
    await successorWrites({ ...options, isExpected: () => false });
    await successorWrites({ ...options, isExpected: () => ++asked < 3 });
    expect(asked).toBe(3);
  });
});
