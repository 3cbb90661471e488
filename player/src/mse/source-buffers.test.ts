import { seconds } from '@topicast/contracts/units';
import type { Fragment, TrackKind } from '@topicast/media/fmp4';
import { expect, it } from 'vitest';
import type { BufferEdge, MediaFailure } from './media-sink.js';
import { SourceBuffers } from './source-buffers.js';

/** The part of a SourceBuffer that we use, and a record of what was done to it, in order. */
class FakeBuffer extends EventTarget {
  updating = false;
  full = false;
  readonly done: string[] = [];
  ranges: [number, number][] = [];

  get buffered() {
    return {
      length: this.ranges.length,
      start: (index: number) => this.ranges[index]![0],
      end: (index: number) => this.ranges[index]![1],
    };
  }

  changeType(type: string): void {
    this.done.push(`type ${type}`);
  }

  appendBuffer(data: Uint8Array): void {
    if (this.full) throw new DOMException('full', 'QuotaExceededError');
    this.#begin(`append ${[...data].join(' ')}`);
  }

  remove(start: number, end: number): void {
    this.full = false;
    this.ranges = [[end, end + 10]];
    this.#begin(`remove ${start} ${end}`);
  }

  finish(): void {
    this.updating = false;
    this.dispatchEvent(new Event('updateend'));
  }

  #begin(what: string): void {
    this.done.push(what);
    this.updating = true;
  }
}

class FakeSource extends EventTarget {
  readyState = 'closed';
  readonly buffers: Record<string, FakeBuffer> = {};

  static isTypeSupported(type: string): boolean {
    return !type.includes('hvc1');
  }

  addSourceBuffer(type: string): FakeBuffer {
    const buffer = new FakeBuffer();
    this.buffers[type.split('/')[0]!] = buffer;
    return buffer;
  }

  open(): void {
    this.readyState = 'open';
    this.dispatchEvent(new Event('sourceopen'));
  }
}

/** Fragment number n ends at n seconds, and consists of the byte n. */
const fragment = (n: number, track: TrackKind = 'video', type?: string): Fragment => ({
  track,
  ...(type ? { init: { mimeType: `${track}/mp4; codecs="${type}"`, data: Uint8Array.of(n * 10) } } : {}),
  data: Uint8Array.of(n),
  start: seconds(n - 1),
  end: seconds(n),
  keyframe: true,
  samples: 1,
  discontinuity: false,
});

function sourceBuffers() {
  const source = new FakeSource();
  const edges: BufferEdge[] = [];
  const failures: MediaFailure[] = [];
  const sink = new SourceBuffers(source as unknown as MediaSource, {
    onAppended: (edge) => edges.push(edge),
    onFailed: (failure) => failures.push(failure),
  });
  const video = (): FakeBuffer => source.buffers.video!;
  return { source, sink, edges, failures, video };
}

it('puts all that waits into one append per source buffer', () => {
  const { source, sink, edges } = sourceBuffers();
  sink.append([fragment(1, 'video', 'avc1'), fragment(1, 'audio', 'mp4a')]);
  sink.append([fragment(2), fragment(3), fragment(2, 'audio')]);
  source.open();
  const { video, audio } = source.buffers as { video: FakeBuffer; audio: FakeBuffer };
  expect(video.done).toEqual(['append 10 1 2 3']);
  expect(audio.done).toEqual(['append 10 1 2']);

  sink.append([fragment(4)]);
  sink.append([fragment(5)]);
  video.finish();
  expect(video.done[1]).toBe('append 4 5');
  expect(edges).toEqual([]);
  video.finish();
  audio.finish();
  expect(edges).toEqual([{ start: 0, end: 2 }]);
});

it('changes the type between what belongs to one codec and to the next', () => {
  const { source, sink, video } = sourceBuffers();
  source.open();
  sink.append([fragment(1, 'video', 'avc1.a')]);
  sink.append([fragment(2), fragment(3, 'video', 'avc1.b'), fragment(4)]);
  video().finish();
  video().finish();
  expect(video().done).toEqual([
    'append 10 1',
    'append 2',
    'type video/mp4; codecs="avc1.b"',
    'append 30 3 4',
  ]);
});

it('lets go of what lies far behind, and of more when the browser is full', () => {
  const { source, sink, video, failures } = sourceBuffers();
  source.open();
  sink.append([fragment(1, 'video', 'avc1')]);
  video().finish();
  video().ranges = [[0, 40]];
  sink.setPlayhead(seconds(39));
  sink.append([fragment(2)]);
  expect(video().done.slice(1)).toEqual(['remove 0 29']);
  video().full = true;
  video().finish();
  video().finish();
  expect(video().done.slice(2)).toEqual(['remove 0 38', 'append 2']);
  expect(failures).toEqual([]);
});

it('fails once: for a codec that is not known, a new track, a browser that stays full', () => {
  const unknown = sourceBuffers();
  unknown.source.open();
  unknown.sink.append([fragment(1, 'video', 'hvc1.1.6.L93.90'), fragment(1, 'audio', 'mp4a.40.2')]);
  expect(unknown.failures).toEqual([
    { kind: 'unsupported', message: 'This browser cannot play HEVC video (hvc1.1.6.L93.90).' },
  ]);
  expect(unknown.source.buffers).toEqual({});

  const other = sourceBuffers();
  other.source.open();
  other.sink.append([fragment(1, 'video', 'avc1')]);
  other.sink.append([fragment(1, 'audio', 'mp4a')]);
  other.sink.append([fragment(2, 'audio')]);
  expect(other.failures).toMatchObject([{ kind: 'broken' }]);

  const full = sourceBuffers();
  full.source.open();
  full.sink.append([fragment(1, 'video', 'avc1')]);
  full.video().full = true;
  full.sink.append([fragment(2)]);
  full.video().finish();
  expect(full.failures).toMatchObject([{ kind: 'broken' }]);
});
