import {
  type BitsPerSecond,
  bitsPerSecond,
  bytes,
  Milliseconds,
  milliseconds,
} from '@topicast/contracts/units';
import { type BitrateState, firstBitrate, nextBitrate } from '../core/bitrate.js';
import { Gate } from '../core/gate.js';
import { Keyframes } from '../core/keyframes.js';
import type { BroadcastSettings, BroadcastState, BroadcastStats } from '../core/state.js';
import { TrackClock } from '../core/track-clock.js';
import { Link } from './link.js';
import type { FrameFeed, SoundBlock } from './messages.js';
import { PictureEncoder } from './picture-encoder.js';
import { SoundEncoder } from './sound-encoder.js';

const STEER_EVERY_MS = 100;
const STATS_EVERY = 5;
const US_PER_MS = 1_000;
const RATE_WINDOW_MS = 2_000;
/** A server takes an encoder for away that sends no picture for two seconds, and viewers join at pictures. */
const STILL_FOR = milliseconds(500);

interface BroadcastOptions {
  readonly address: string;
  readonly key: string;
  readonly settings: BroadcastSettings;
  readonly onState: (state: BroadcastState) => void;
  readonly onStats: (stats: BroadcastStats) => void;
}

/** From the frames of camera and microphone to the server. */
export class Broadcast {
  readonly #options: BroadcastOptions;
  readonly #link: Link;
  readonly #pictures: PictureEncoder;
  readonly #sound: SoundEncoder;
  readonly #gate = new Gate();
  readonly #keyframes = new Keyframes();
  #pictureClock = new TrackClock();
  #soundClock = new TrackClock();
  #bitrate: BitrateState;
  #dropped = { uplink: 0, encoder: 0, sound: 0 };
  #sentBytes = 0;
  /** When pictures were sent, and how many bytes of all, of late. */
  #recent: { readonly at: Milliseconds; readonly bytes: number; readonly isPicture: boolean }[] = [];
  #pictureReader: ReadableStreamDefaultReader<VideoFrame> | undefined;
  #mayStandStill = false;
  /** The newest picture of a source that may stand still. */
  #still: VideoFrame | undefined;
  #pictureAt = Milliseconds.zero;
  #pictureTime = Milliseconds.zero;
  #soundReader: ReadableStreamDefaultReader<AudioData> | undefined;
  #turns = 0;
  #hasEnded = false;
  readonly #timer = setInterval(() => this.#steer(), STEER_EVERY_MS);

  constructor(options: BroadcastOptions) {
    this.#options = options;
    const { settings } = options;
    this.#bitrate = firstBitrate(settings.pictureBitrate);
    const onFailed = (words: string): void => this.#end(words);
    const onMedia = (media: Parameters<Link['send']>[0]): void =>
      this.#note(this.#link.send(media), media.kind === 'picture');
    this.#pictures = new PictureEncoder({ ...settings, onMedia, onFailed });
    this.#sound = new SoundEncoder({ bitrate: settings.soundBitrate, onMedia, onFailed });
    this.#link = new Link({ ...options, onState: (state) => this.#onLink(state) });
  }

  setPictures(feed: FrameFeed<VideoFrame>, mayStandStill: boolean): void {
    void this.#pictureReader?.cancel().catch(() => undefined);
    this.#pictureClock = new TrackClock();
    this.#keyframes.reset();
    this.#forgetStill();
    this.#mayStandStill = mayStandStill;
    const reader = feed.kind === 'stream' ? feed.frames.getReader() : undefined;
    this.#pictureReader = reader;
    if (!reader) return;
    void readAll(reader, (frame) => this.takePicture(frame)).then(() => {
      if (reader === this.#pictureReader) this.#forgetStill();
    });
  }

  setSound(feed: FrameFeed<AudioData>): void {
    void this.#soundReader?.cancel().catch(() => undefined);
    this.#soundClock = new TrackClock();
    this.#soundReader = feed.kind === 'stream' ? feed.frames.getReader() : undefined;
    if (this.#soundReader) void readAll(this.#soundReader, (data) => this.#takeSound(data));
  }

  /** Takes the frame over. */
  takePicture(frame: VideoFrame): void {
    const now = Milliseconds.now();
    const taken = milliseconds(frame.timestamp / US_PER_MS);
    this.#pictureClock.note(taken, now);
    this.#putPicture(frame, this.#pictureClock.map(taken), now);
    if (!this.#mayStandStill || this.#hasEnded) {
      frame.close();
      return;
    }
    this.#forgetStill();
    this.#still = frame;
  }

  takeBlock({ sampleRate, firstSample, planes }: SoundBlock): void {
    const [first] = planes;
    if (!first) return;
    const data = new Float32Array(first.length * planes.length);
    for (const [channel, plane] of planes.entries()) data.set(plane, channel * first.length);
    this.#takeSound(
      new AudioData({
        ...{ format: 'f32-planar', sampleRate, data },
        ...{ numberOfFrames: first.length, numberOfChannels: planes.length },
        timestamp: Math.round((firstSample / sampleRate) * 1e6),
      }),
    );
  }

  /** Resolves when the server knows. */
  async stop(): Promise<void> {
    this.#hasEnded = true;
    clearInterval(this.#timer);
    const stopped = this.#link.stop();
    this.#pictures.close();
    this.#sound.close();
    this.#forgetStill();
    void this.#pictureReader?.cancel().catch(() => undefined);
    void this.#soundReader?.cancel().catch(() => undefined);
    await stopped;
  }

  /** Takes the data over. */
  #takeSound(data: AudioData): void {
    const taken = milliseconds(data.timestamp / US_PER_MS);
    // A block is here when its last sample is.
    const length = milliseconds(data.duration / US_PER_MS);
    this.#soundClock.note(taken, Milliseconds.sub(Milliseconds.now(), length));
    if (this.#link.isOnAir) {
      const isPassed = this.#gate.sound(this.#link.queueDelay) === 'pass';
      if (isPassed) this.#sound.encode(data, this.#soundClock.map(taken));
      else this.#dropped.sound++;
    }
    data.close();
  }

  #putPicture(frame: VideoFrame, wanted: Milliseconds, now: Milliseconds): void {
    this.#pictureAt = now;
    const size = { width: frame.displayWidth, height: frame.displayHeight };
    if (!this.#mayEncode(size)) return;
    // A picture that follows a repeated one may have been taken before that.
    const time = Milliseconds.max(wanted, milliseconds(this.#pictureTime + 1));
    this.#pictureTime = time;
    const placed = new VideoFrame(frame, { timestamp: Math.round(time * US_PER_MS) });
    this.#pictures.encode(placed, this.#keyframes.isDue(time));
    placed.close();
  }

  #forgetStill(): void {
    this.#still?.close();
    this.#still = undefined;
  }

  #mayEncode(size: { readonly width: number; readonly height: number }): boolean {
    if (!this.#link.isOnAir || !this.#pictures.isReadyFor(size, this.#bitrate.bitrate)) return false;
    const verdict = this.#gate.picture(this.#link.queueDelay, this.#pictures.queued);
    if (verdict === 'uplink is full') this.#dropped.uplink++;
    if (verdict === 'encoder is busy') this.#dropped.encoder++;
    return verdict === 'pass';
  }

  #onLink(state: BroadcastState): void {
    if (this.#hasEnded) return;
    if (state.at === 'on air') {
      // A server that has just let us in knows nothing yet.
      this.#keyframes.reset();
      for (const config of [this.#pictures.record, this.#sound.config]) if (config) this.#link.send(config);
    }
    this.#options.onState(state);
    if (state.at === 'ended') void this.stop();
  }

  #end(words: string): void {
    if (this.#hasEnded) return;
    void this.stop();
    this.#options.onState({ at: 'ended', words });
  }

  #note(size: number, isPicture: boolean): void {
    if (size === 0) return;
    this.#sentBytes += size;
    this.#recent.push({ at: Milliseconds.now(), bytes: size, isPicture });
  }

  #steer(): void {
    const now = Milliseconds.now();
    const { pictureBitrate: ceiling } = this.#options.settings;
    if (this.#link.isOnAir) {
      const { queueDelay, rate } = this.#link;
      const before = this.#bitrate.bitrate;
      this.#bitrate = nextBitrate(this.#bitrate, { now, queueDelay, rate, ceiling });
      if (this.#bitrate.bitrate !== before) this.#pictures.setBitrate(this.#bitrate.bitrate);
      const isStill = Milliseconds.sub(now, this.#pictureAt) >= STILL_FOR;
      if (this.#still && isStill) this.#putPicture(this.#still, now, now);
    }
    if (++this.#turns % STATS_EVERY === 0) this.#options.onStats(this.#stats(now, ceiling));
  }

  #stats(now: Milliseconds, ceiling: BitsPerSecond): BroadcastStats {
    this.#recent = this.#recent.filter(({ at }) => now - at < RATE_WINDOW_MS);
    const perSecond = 1_000 / RATE_WINDOW_MS;
    const { width = 0, height = 0, codec = '' } = this.#pictures.config ?? {};
    return {
      bitrate: this.#link.isOnAir ? this.#link.rate : bitsPerSecond(0),
      ...{ pictureBitrate: this.#bitrate.bitrate, ceiling, width, height, codec },
      frameRate: this.#recent.filter(({ isPicture }) => isPicture).length * perSecond,
      ...{ delay: this.#link.delay, queueDelay: this.#link.queueDelay, encodeDelay: this.#pictures.delay },
      ...{ dropped: { ...this.#dropped }, sent: bytes(this.#sentBytes) },
    };
  }
}

/** Until the stream ends, or is cancelled. */
async function readAll<Frame>(
  reader: ReadableStreamDefaultReader<Frame>,
  take: (frame: Frame) => void,
): Promise<void> {
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      take(value);
    }
  } catch {
    // A track that has failed gives no more frames, and its owner hears of it.
  }
}
