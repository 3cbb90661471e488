import type { Chunk } from '@topicast/media/mpegts';
import { type AudioRun, MediaTimeline, SampleReader, type VideoSample } from '@topicast/media/samples';
import { beepsIn, type Event, flashesIn } from './flashes-and-beeps.js';

/** Where the media are: the tracks may pause, but not both. */
const placeOf = ({ picture = 0, sound = 0 }: Arrival): number => Math.max(picture, sound);

const START_CODE = Uint8Array.of(0, 0, 0, 1);
const SOUND_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];
/** Longer than a beep, and what of it leads. */
const BEEP_SECONDS = 0.2;
/** Runs of sound that are nearer than this follow each other. */
const SAME_SECONDS = 0.002;

/** Where the media are, as a player places them, when a chunk came. Seconds. */
interface Arrival {
  readonly wall: number;
  readonly picture: number | undefined;
  readonly sound: number | undefined;
}

/** What a viewer gets of a stream, with the times that a player gives it. */
export class Watched {
  readonly #reader = new SampleReader(new MediaTimeline());
  readonly #pictures: { readonly time: number; readonly bytes: Uint8Array }[] = [];
  readonly #runs: { readonly from: number; to: number; readonly frames: Uint8Array[] }[] = [];
  readonly arrivals: Arrival[] = [];

  readonly take = (chunk: Chunk): void => {
    const { video, audio } = this.#reader.push(chunk.data, chunk);
    for (const sample of video) {
      this.#pictures.push({ time: sample.placement.presentation / 90_000, bytes: annexB(sample) });
    }
    for (const run of audio) this.#takeSound(run);
    this.arrivals.push({
      wall: performance.now() / 1_000,
      picture: this.#pictures.at(-1)?.time,
      sound: this.#runs.at(-1)?.to,
    });
  };

  get stats(): SampleReader['stats'] {
    return this.#reader.stats;
  }

  /** The longest time between two pictures, and without sound between two frames. */
  get holes(): { readonly picture: number; readonly sound: number } {
    const times = this.#times();
    return {
      picture: Math.max(0, ...times.slice(1).map((time, index) => time - times[index]!)),
      sound: Math.max(0, ...this.#runs.slice(1).map(({ from }, index) => from - this.#runs[index]!.to)),
    };
  }

  /** How much the media have gained on the wall clock since the first second, in seconds; negative: lost. */
  get gained(): number {
    const begun = this.arrivals.findIndex(({ wall }) => wall - this.arrivals[0]!.wall > 1);
    const [from, to] = [this.arrivals[begun], this.arrivals.at(-1)];
    return from && to ? placeOf(to) - placeOf(from) - (to.wall - from.wall) : 0;
  }

  async flashes(): Promise<Event[]> {
    return flashesIn(Buffer.concat(this.#pictures.map(({ bytes }) => bytes)), this.#times());
  }

  async beeps(): Promise<Event[]> {
    const found = await Promise.all(
      this.#runs.map(({ frames, from }) => beepsIn(Buffer.concat(frames), from)),
    );
    return found.flat();
  }

  /** How much later each beep is heard than its flash is seen, in seconds; negative: earlier. */
  async lipSync(): Promise<number[]> {
    const [flashes, beeps] = await Promise.all([this.flashes(), this.beeps()]);
    // The beep of the last flash may not have come yet.
    const end = (this.#runs.at(-1)?.to ?? 0) - BEEP_SECONDS;
    return flashes.flatMap((flash) => {
      if (flash.at > end) return [];
      const offsets = beeps.filter(({ number }) => number === flash.number).map(({ at }) => at - flash.at);
      const nearest = offsets.sort((a, b) => Math.abs(a) - Math.abs(b))[0];
      return nearest === undefined ? [] : [nearest];
    });
  }

  /** In the order in which they are shown. */
  #times(): number[] {
    return this.#pictures.map(({ time }) => time).sort((a, b) => a - b);
  }

  #takeSound({ start, frames, config }: AudioRun): void {
    const from = start / config.sampleRate;
    const to = from + frames.reduce((sum, { length }) => sum + length, 0) / config.sampleRate;
    const bytes = frames.map(({ data }) => adts(data, config));
    const last = this.#runs.at(-1);
    if (last && Math.abs(from - last.to) < SAME_SECONDS) {
      last.frames.push(...bytes);
      last.to = to;
    } else {
      this.#runs.push({ from, to, frames: bytes });
    }
  }
}

function annexB({ parts, keyframe, config }: VideoSample): Uint8Array {
  const bytes = Buffer.concat(parts);
  const sets = keyframe ? config.parameterSets.flatMap((set) => [START_CODE, set]) : [];
  const units: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    units.push(START_CODE, bytes.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return Buffer.concat([...sets, ...units]);
}

/** A frame with its header (ISO 13818-7 6.2), AAC-LC. */
function adts(frame: Uint8Array, { sampleRate, channels }: AudioRun['config']): Uint8Array {
  const size = frame.byteLength + 7;
  const rate = SOUND_RATES.indexOf(sampleRate);
  const layout = channels === 8 ? 7 : channels;
  const header = Uint8Array.of(
    ...[0xff, 0xf1, 0x40 | (rate << 2) | (layout >> 2), ((layout & 3) << 6) | (size >> 11)],
    ...[(size >> 3) & 0xff, ((size & 7) << 5) | 0x1f, 0xfc],
  );
  return Buffer.concat([header, frame]);
}
