import { milliseconds, seconds } from '@topicast/contracts/units';
import type { Fragment } from '@topicast/media/fmp4';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { NO_EVIDENCE } from '../core/arrivals.js';
import type { PictureReport } from './messages.js';
import { PictureSink } from './picture-sink.js';

const STEP_MS = 1000 / 30;
/** At most so many pictures are decoded before their time, or being decoded. */
const MOST_AHEAD = 6;
const DECODING_MS = 3;

let depth: number;
let held: number;
let mostHeld: number;

/** The part of a VideoFrame that we use. */
class Picture {
  readonly duration = STEP_MS * 1000;
  readonly timestamp: number;

  constructor(timestamp: number) {
    this.timestamp = timestamp;
    held += 1;
    mostHeld = Math.max(mostHeld, held);
  }

  clone(): Picture {
    return new Picture(this.timestamp);
  }

  close(): void {
    held -= 1;
  }
}

/** Keeps so many pictures to reorder them, and gives the earliest one for each that it takes. */
class FakeDecoder {
  state = 'configured';
  readonly #output: (picture: Picture) => void;
  readonly #kept: number[] = [];

  constructor({ output }: { output: (picture: Picture) => void }) {
    this.#output = output;
  }

  configure(): void {}
  close(): void {}
  decode({ timestamp }: { timestamp: number }): void {
    this.#kept.push(timestamp);
    this.#kept.sort((a, b) => a - b);
    if (this.#kept.length <= depth) return;
    const ready = this.#kept.shift()!;
    setTimeout(() => this.#output(new Picture(ready)), DECODING_MS);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  held = 0;
  mostHeld = 0;
  vi.stubGlobal('VideoDecoder', FakeDecoder);
  vi.stubGlobal('EncodedVideoChunk', function Chunk(this: object, init: object) {
    Object.assign(this, init);
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** With B-frames, if the decoder reorders them: each third picture comes before the two that are shown before it. */
function fragment(place: number): Fragment {
  const shown = depth === 0 ? place : place - (place % 3) + [2, 0, 1][place % 3]!;
  const [start, end] = [shown, shown + 1].map((at) => seconds((at * STEP_MS) / 1000));
  const init =
    place === 0
      ? { mimeType: '', decoder: { codec: 'x', description: new Uint8Array() }, data: new Uint8Array() }
      : undefined;
  return {
    ...{ track: 'video', keyframe: place % 30 === 0, data: new Uint8Array(20) },
    ...{ samples: 1, discontinuity: false },
    ...{ start: start!, end: end!, ...(init && { init }) },
  };
}

const placeOf = ({ timestamp }: Picture): number => Math.round(timestamp / 1000 / STEP_MS);

function trackFor(show: (picture: Picture) => void): WritableStream<VideoFrame> {
  const write = (picture: Picture): Promise<void> => {
    show(picture);
    picture.close();
    return Promise.resolve();
  };
  const track = { getWriter: () => ({ write, close: () => Promise.resolve() }) };
  return track as unknown as WritableStream<VideoFrame>;
}

/** A join that comes in two parts, at a distance of 30 ms. @returns the places of the pictures shown before it is over */
function shownDuringJoin(isFirst: boolean): number[] {
  const shown: number[] = [];
  const sink = new PictureSink(
    { onAppended: () => {}, onReport: () => {}, onFailed: (message) => expect.fail(message) },
    isFirst,
  );
  sink.receive({
    do: 'show',
    track: trackFor((picture) => shown.push(placeOf(picture))),
    wanted: undefined,
    group: false,
  });
  for (const from of [0, 15]) {
    expect(sink.isIdle).toBe(true);
    sink.append(Array.from({ length: 15 }, (_, place) => fragment(from + place)));
    vi.advanceTimersByTime(30);
  }
  const before = [...shown];
  sink.receive({ do: 'join', wanted: undefined, standing: true });
  expect(sink.isIdle).toBe(false);
  vi.advanceTimersByTime(5);
  // The rest has been decoded meanwhile, so the newest picture but one is shown at once.
  expect(shown.at(-1)).toBeGreaterThanOrEqual(28);
  sink.close();
  expect(held).toBe(0);
  return before;
}

it('decodes a join as it comes, and shows its first picture where there is none yet', () => {
  depth = 0;
  expect(shownDuringJoin(true)).toEqual([0]);
  expect(shownDuringJoin(false)).toEqual([]);
});

it('takes a join as a whole where the pictures that are due then would be gone', () => {
  const sink = new PictureSink({ onAppended: () => {}, onReport: () => {}, onFailed: () => {} }, true);
  const track = trackFor(() => {});
  sink.receive({ do: 'show', track, wanted: 500, group: false });
  expect(sink.isIdle).toBe(false);
  sink.receive({ do: 'show', track, wanted: undefined, group: true });
  expect(sink.isIdle).toBe(false);
  sink.receive({ do: 'show', track, wanted: 40, group: false });
  expect(sink.isIdle).toBe(true);
  sink.receive({
    do: 'know',
    facts: { fed: true, lead: milliseconds(90), evidence: NO_EVIDENCE, step: undefined },
  });
  expect(sink.isIdle).toBe(false);
  sink.close();
});

it.each([0, 2, 4, 8, 16])(
  'shows each picture once, evenly, with a steady clock and few decoded ones, if the decoder keeps %i',
  (kept) => {
    depth = kept;
    const reports: (PictureReport & { at: number })[] = [];
    const shown: { at: number; place: number }[] = [];
    const began = performance.now();
    const sink = new PictureSink(
      {
        onAppended: () => {},
        onReport: (report) => reports.push({ at: performance.now() - began, ...report }),
        onFailed: (message) => expect.fail(message),
      },
      false,
    );
    sink.receive({
      do: 'show',
      wanted: undefined,
      group: false,
      track: trackFor((picture) => shown.push({ at: performance.now() - began, place: placeOf(picture) })),
    });
    const facts = { fed: true, lead: milliseconds(150), evidence: NO_EVIDENCE, step: undefined };
    sink.receive({ do: 'know', facts });
    // The burst of a join, and what comes live.
    sink.append(Array.from({ length: 30 }, (_, place) => fragment(place)));
    sink.receive({ do: 'join', wanted: undefined, standing: true });
    for (let place = 30; place < 900; place++) {
      vi.advanceTimersByTime(STEP_MS);
      if (place === 450) mostHeld = held;
      sink.append([fragment(place)]);
    }
    sink.close();
    const settled = reports.filter(({ at }) => at > 15_000);
    const rates = settled.map(({ clock }) => clock?.rate);
    expect(rates.filter((rate, n) => n > 0 && rate !== rates[n - 1]).length).toBeLessThan(4);
    const later = shown.filter(({ at }) => at > 15_000);
    expect(later.slice(1).every(({ place }, n) => place === later[n]!.place + 1)).toBe(true);
    expect(Math.max(...later.slice(1).map(({ at }, n) => at - later[n]!.at))).toBeLessThan(2 * STEP_MS);
    expect(mostHeld).toBeLessThanOrEqual(MOST_AHEAD);
    expect(held).toBe(0);
  },
);
