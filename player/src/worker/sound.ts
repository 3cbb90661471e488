import { Milliseconds } from '@topicast/contracts/units';
import { type AudioConfig, type AudioRun, sameConfig } from '@topicast/media/samples';
import { decoderConfigOf, SoundDecoder, type TimedFrame } from './sound-decoder.js';
import { SoundOutlet } from './sound-outlet.js';

/** A frame that ends at most this much later than the known sound repeats it: encoders round times differently. */
const SAME_SOUND_S = 0.005;
/** If sound is further back than this, the time stamps have jumped; nothing repeats that much. */
const MOST_REPEATED_S = 1;

const MOST_BROKEN_MS = 1_000;

export const canDecodeSound = (): boolean => typeof AudioDecoder !== 'undefined';

export interface SoundEvents {
  /** Called once, with the first sampling rate in Hz: open a worklet if somebody wants to hear the sound. */
  onSound(sampleRate: number): void;
  /** From now on, the video element has to play the sound. */
  onFailed(message: string): void;
}

/** A track. It has a decoder once the browser has said that it can decode the codec. */
type Track = { readonly config: AudioConfig; readonly decoder: AudioDecoderConfig | undefined };

/**
 * Decodes the sound outside of the media source, and sends it to the worklet. Without a port to a worklet, nobody
 * listens, and nothing is decoded.
 */
export class Sound {
  readonly #events: SoundEvents;
  #track: Track | undefined;
  #out: { readonly outlet: SoundOutlet; readonly decoder: SoundDecoder } | undefined;
  /** Since when no decoder has given anything but errors. */
  #brokenSince: Milliseconds | undefined;
  /** Where the last run ended, in sampling instants, and its epoch. */
  #end: { readonly instant: number; readonly epoch: number } | undefined;
  #closed = false;
  #isTold = false;
  #droppedBefore = 0;

  constructor(events: SoundEvents) {
    this.#events = events;
  }

  /** The number of frames that the decoder or the worklet did not take. */
  get dropped(): number {
    const { decoder, outlet } = this.#out ?? {};
    return this.#droppedBefore + (decoder?.dropped ?? 0) + (outlet?.dropped ?? 0);
  }

  /** @param port to the worklet; undefined if nobody listens */
  connect(port: MessagePort | undefined): void {
    this.#disconnect();
    if (port) this.#decodeInto(new SoundOutlet(port));
  }

  /** Another media timeline begins. */
  reset(): void {
    this.#end = undefined;
    this.#configure();
    this.#out?.outlet.reset();
  }

  readonly take = (run: AudioRun): void => {
    if (this.#closed) return;
    if (!this.#track || !sameConfig(this.#track.config, run.config)) this.#change(run.config);
    const end = this.#end?.epoch === run.epoch ? this.#end.instant : undefined;
    const frames = newFrames(run, end);
    const [first] = frames;
    const last = frames.at(-1);
    if (!first || !last) return;
    if (first.start !== end) this.#out?.decoder.break();
    this.#end = { instant: last.start + last.length, epoch: run.epoch };
    if (!this.#out || !this.#track?.decoder) return;
    for (const frame of frames) this.#out.decoder.decode(frame, run.config.sampleRate);
  };

  close(): void {
    this.#closed = true;
    this.#disconnect();
  }

  async #change(config: AudioConfig): Promise<void> {
    const track: Track = { config, decoder: decoderConfigOf(config) };
    this.#track = { config, decoder: undefined };
    this.#end = undefined;
    if (!track.decoder) return this.#fail(`${config.codec} with ${config.channels} channels`);
    const { supported } = await AudioDecoder.isConfigSupported(track.decoder).catch(() => ({
      supported: false,
    }));
    if (this.#closed || this.#track.config !== config) return;
    if (!supported) return this.#fail(`${config.codec} is not decoded beside the picture`);
    this.#track = track;
    this.#configure();
    // The worklet plays any rate.
    if (!this.#isTold) this.#events.onSound(config.sampleRate);
    this.#isTold = true;
  }

  #decodeInto(outlet: SoundOutlet): void {
    const decoder = new SoundDecoder(
      (block) => {
        this.#brokenSince = undefined;
        outlet.send(block);
      },
      (message) => {
        // A damaged frame ends a decoder, but not the way of the sound.
        this.#droppedBefore += decoder.dropped + 1;
        const now = Milliseconds.now();
        this.#brokenSince ??= now;
        if (now - this.#brokenSince > MOST_BROKEN_MS) this.#fail(message);
        else this.#decodeInto(outlet);
      },
    );
    this.#out = { outlet, decoder };
    this.#configure();
  }

  #configure(): void {
    const config = this.#track?.decoder;
    if (!config || !this.#out) return;
    try {
      this.#out.decoder.configure(config);
    } catch (error) {
      this.#fail(String(error));
    }
  }

  #disconnect(): void {
    this.#droppedBefore = this.dropped;
    this.#out?.decoder.close();
    this.#out?.outlet.close();
    this.#out = undefined;
  }

  #fail(message: string): void {
    if (this.#closed) return;
    this.close();
    this.#events.onFailed(message);
  }
}

/**
 * The frames of a run with their times, without those that have already come. A change of the rendition can repeat some,
 * because each encoder puts other frames into its keyframe chunk.
 * @param end where the sound before it ended
 */
export function newFrames({ frames, start, config }: AudioRun, end: number | undefined): TimedFrame[] {
  const same = config.sampleRate * SAME_SOUND_S;
  const repeated = (until: number): boolean =>
    end !== undefined && until <= end + same && until > end - config.sampleRate * MOST_REPEATED_S;
  let at = start;
  return frames.flatMap(({ data, length }) => {
    const frame = { data, start: at, length };
    at += length;
    return repeated(at) ? [] : [frame];
  });
}
