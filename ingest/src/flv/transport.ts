import { TransportWriter, type WrittenTrack } from '@topicast/media/mpegts';
import {
  NAL_FORMATS,
  opusDescriptors,
  readAudioSpecificConfig,
  readDecoderRecord,
  STREAM_TYPE_ADTS,
  STREAM_TYPE_PRIVATE_PES,
  type StoredAac,
  type StoredVideo,
  toAdts,
  toByteStream,
  toOpusUnit,
} from '@topicast/media/stored';
import { type AudioTag, readAudioTag, readVideoTag, type VideoTag } from '@topicast/rtmp';
import { FlvClock } from './clock.js';
import { Findings } from './findings.js';

const VIDEO_PID = 0x100;
const AUDIO_PID = 0x101;
/** ISO 13818-1 table 2-22. */
const STREAM_ID = { video: 0xe0, audio: 0xc0, private: 0xbd } as const;
/** What waits for the next picture: parameter sets, and information about it. */
const MAX_PREFACE_BYTES = 16 * 1024;
const NO_BYTES = new Uint8Array(0);

/** An audio or video message of a publisher. */
export interface MediaMessage {
  readonly kind: 'video' | 'audio';
  /** Milliseconds in 32 bits, which go round. */
  readonly timestamp: number;
  /** A view, valid during the call. */
  readonly body: Uint8Array;
}

interface Picture {
  readonly track: WrittenTrack;
  readonly stored: StoredVideo;
}

interface Sound {
  readonly track: WrittenTrack;
  readonly unitOf: (frame: Uint8Array) => Uint8Array | undefined;
}

/**
 * Makes MPEG-TS of a publisher's messages, one by one: what a message holds has left when `push` returns. Nothing is
 * encoded, and nothing waits for another track.
 */
export class FlvTransport {
  readonly findings = new Findings();
  readonly #onBytes: (bytes: Uint8Array) => void;
  readonly #writer = new TransportWriter();
  readonly #clock = new FlvClock();
  #picture: Picture | undefined;
  /** Of messages without a slice, with lengths. */
  #preface: Uint8Array = NO_BYTES;
  #sound: Sound | undefined;
  #isAnnounced = false;

  constructor(onBytes: (bytes: Uint8Array) => void) {
    this.#onBytes = onBytes;
  }

  push({ kind, timestamp, body }: MediaMessage): void {
    if (kind === 'video') this.#onVideo(readVideoTag(body), timestamp);
    else this.#onAudio(readAudioTag(body), timestamp);
  }

  #onVideo(tag: VideoTag, timestamp: number): void {
    switch (tag.kind) {
      case 'config':
        this.#useVideo(tag);
        break;
      case 'picture':
        this.#onPicture(tag, timestamp);
        break;
      case 'foreign':
        this.findings.foreignPicture(tag.codec);
        break;
      case 'extra':
        this.findings.extraTrack('picture');
        break;
      case 'damaged':
        this.#losePicture();
        break;
      case 'nothing':
        break;
    }
  }

  #onAudio(tag: AudioTag, timestamp: number): void {
    switch (tag.kind) {
      case 'config':
        this.#useAudio(tag);
        break;
      case 'frame':
        this.#onFrame(tag, timestamp);
        break;
      case 'foreign':
        this.findings.foreignSound(tag.codec);
        break;
      case 'extra':
        this.findings.extraTrack('sound');
        break;
      case 'damaged':
        this.findings.damaged++;
        break;
      case 'nothing':
        break;
    }
  }

  #useVideo({ codec, data }: Extract<VideoTag, { kind: 'config' }>): void {
    const stored = readDecoderRecord(codec, data);
    if (!stored) {
      this.findings.damaged++;
      return;
    }
    const { streamType, descriptors } = NAL_FORMATS[codec];
    if (this.#picture?.stored.format !== codec) this.#isAnnounced = false;
    const track = { pid: VIDEO_PID, type: streamType, streamId: STREAM_ID.video, descriptors };
    this.#picture = { track, stored };
    this.#preface = NO_BYTES;
  }

  #useAudio(tag: Extract<AudioTag, { kind: 'config' }>): void {
    const sound = tag.codec === 'aac' ? aacSound(tag.data) : opusSound(tag.data);
    if (!sound) {
      this.findings.foreignSound(
        tag.codec === 'aac' ? 'AAC of a kind that browsers do not play' : 'Opus with channels of its own',
      );
    }
    const isSame =
      sound?.track.type === this.#sound?.track.type &&
      String(sound?.track.descriptors) === String(this.#sound?.track.descriptors);
    if (!isSame) this.#isAnnounced = false;
    this.#sound = sound;
  }

  #onPicture(tag: Extract<VideoTag, { kind: 'picture' }>, timestamp: number): void {
    const { compositionMs, isKey: isMarkedKey, data } = tag;
    const { stored, track } = this.#picture ?? {};
    if (!track || stored?.format !== tag.codec) {
      this.#losePicture();
      return;
    }
    const unit = toByteStream(stored, data, isMarkedKey, this.#preface);
    if (unit.kind === 'damaged') {
      this.#losePicture();
      return;
    }
    if (unit.kind === 'preface') {
      this.#keep(unit.data);
      return;
    }
    this.#preface = NO_BYTES;
    const { bytes, isKey } = unit;
    const dts = this.#clock.decodeTime(timestamp);
    if (isKey) this.#isAnnounced = false;
    // No picture is shown before it is decoded (ISO 13818-1 2.4.3.7), whatever an encoder says.
    const pts = Math.max(dts, dts + compositionMs * 90);
    this.#write(track, { payload: bytes, pts, dts, isKey });
  }

  /** For the next picture; the newest counts where there is too much. */
  #keep(preface: Uint8Array): void {
    if (preface.byteLength > MAX_PREFACE_BYTES) return;
    const hasRoom = this.#preface.byteLength + preface.byteLength <= MAX_PREFACE_BYTES;
    this.#preface = hasRoom ? Buffer.concat([this.#preface, preface]) : preface;
  }

  #onFrame({ data }: Extract<AudioTag, { kind: 'frame' }>, timestamp: number): void {
    const pts = this.#clock.at(timestamp);
    // Some encoders send an empty frame when they begin.
    if (!this.#sound || data.byteLength === 0) return;
    const payload = this.#sound.unitOf(data);
    if (payload) this.#write(this.#sound.track, { payload, pts, dts: pts, isKey: true });
    else this.findings.damaged++;
  }

  #write(track: WrittenTrack, unit: Parameters<TransportWriter['unit']>[1]): void {
    if (!this.#isAnnounced) {
      const tracks = [this.#picture?.track, this.#sound?.track].filter((each) => each !== undefined);
      this.#onBytes(this.#writer.announce(tracks));
      this.#isAnnounced = true;
    }
    this.#onBytes(this.#writer.unit(track, unit));
  }

  /** What follows builds on it. */
  #losePicture(): void {
    this.findings.damaged++;
    if (this.#picture) this.#writer.lose(this.#picture.track);
  }
}

function aacSound(config: Uint8Array): Sound | undefined {
  const aac: StoredAac | undefined = readAudioSpecificConfig(config);
  if (!aac) return undefined;
  const track = {
    pid: AUDIO_PID,
    type: STREAM_TYPE_ADTS,
    streamId: STREAM_ID.audio,
    descriptors: NO_BYTES,
  };
  return { track, unitOf: (frame) => toAdts(aac, frame) };
}

function opusSound(head: Uint8Array): Sound | undefined {
  const descriptors = opusDescriptors(head);
  if (!descriptors) return undefined;
  const type = STREAM_TYPE_PRIVATE_PES;
  const track = { pid: AUDIO_PID, type, streamId: STREAM_ID.private, descriptors };
  return { track, unitOf: toOpusUnit };
}
