import { type Ticks90k, ticks90k } from '@topicast/contracts/units';
import { TransportWriter, type WrittenTrack } from '@topicast/media/mpegts';
import {
  NAL_FORMATS,
  opusDescriptors,
  readAudioSpecificConfig,
  readDecoderRecord,
  STREAM_TYPE_ADTS,
  STREAM_TYPE_PRIVATE_PES,
  type StoredVideo,
  toAdts,
  toByteStream,
  toOpusUnit,
} from '@topicast/media/stored';
import { Findings } from './findings.js';

export type PassedVideo = 'h264' | 'hevc';
export type PassedAudio = 'aac' | 'opus';

const VIDEO_PID = 0x100;
const AUDIO_PID = 0x101;
/** ISO 13818-1 table 2-22. */
const STREAM_ID = { video: 0xe0, audio: 0xc0, private: 0xbd } as const;
/** What waits for the next picture: parameter sets, and information about it. */
const MAX_PREFACE_BYTES = 16 * 1024;
/** A picture that is decoded a little before its predecessor has a sloppy time stamp; a clock that jumps goes further. */
const SLOPPY: Ticks90k = ticks90k(500 * 90);
const NO_BYTES = new Uint8Array(0);

/** A picture as a publisher sends it: with lengths before its NAL units (ISO 14496-15 5.3.2). */
interface SentPicture {
  readonly codec: PassedVideo;
  readonly isKey: boolean;
  readonly decodeTime: Ticks90k;
  /** From decoding to presentation. */
  readonly composition: Ticks90k;
  readonly data: Uint8Array;
}

interface SentFrame {
  readonly time: Ticks90k;
  readonly data: Uint8Array;
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
 * The MPEG-TS of one picture and one sound that come in stored form, whatever protocol brings them. What a call is
 * given has left when it returns. Nothing is encoded, and nothing waits for the other track.
 */
export class Programme {
  readonly findings = new Findings();
  readonly #onBytes: (bytes: Uint8Array) => void;
  readonly #writer = new TransportWriter();
  #picture: Picture | undefined;
  /** Of messages without a slice, with lengths. */
  #preface: Uint8Array = NO_BYTES;
  #sound: Sound | undefined;
  #isAnnounced = false;
  #lastDecodeTime = Number.NEGATIVE_INFINITY;

  constructor(onBytes: (bytes: Uint8Array) => void) {
    this.#onBytes = onBytes;
  }

  /** @param record a decoder record (ISO 14496-15 5.3.3, 8.3.3), which holds until the next one */
  useVideo(codec: PassedVideo, record: Uint8Array): void {
    const stored = readDecoderRecord(codec, record);
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

  /** @param config AAC: AudioSpecificConfig; Opus: its identification header */
  useAudio(codec: PassedAudio, config: Uint8Array): void {
    const sound = codec === 'aac' ? aacSound(config) : opusSound(config);
    if (!sound) {
      this.findings.foreignSound(
        codec === 'aac' ? 'AAC of a kind that browsers do not play' : 'Opus with channels of its own',
      );
    }
    const isSame =
      sound?.track.type === this.#sound?.track.type &&
      String(sound?.track.descriptors) === String(this.#sound?.track.descriptors);
    if (!isSame) this.#isAnnounced = false;
    this.#sound = sound;
  }

  picture({ codec, isKey: isMarkedKey, decodeTime, composition, data }: SentPicture): void {
    const { stored, track } = this.#picture ?? {};
    if (!track || stored?.format !== codec) {
      this.losePicture();
      return;
    }
    const unit = toByteStream(stored, data, isMarkedKey, this.#preface);
    if (unit.kind === 'damaged') {
      this.losePicture();
      return;
    }
    if (unit.kind === 'preface') {
      this.#keep(unit.data);
      return;
    }
    this.#preface = NO_BYTES;
    const { bytes, isKey } = unit;
    const dts = this.#afterTheLast(decodeTime);
    if (isKey) this.#isAnnounced = false;
    // No picture is shown before it is decoded (ISO 13818-1 2.4.3.7), whatever an encoder says.
    const pts = Math.max(dts, dts + composition);
    this.#write(track, { payload: bytes, pts, dts, isKey });
  }

  frame({ time, data }: SentFrame): void {
    // Some encoders send an empty frame when they begin.
    if (!this.#sound || data.byteLength === 0) return;
    const payload = this.#sound.unitOf(data);
    if (payload) this.#write(this.#sound.track, { payload, pts: time, dts: time, isKey: true });
    else this.findings.damaged++;
  }

  /** A picture is damaged, and what follows builds on it. */
  losePicture(): void {
    this.findings.damaged++;
    this.missPicture();
  }

  /** As `losePicture`, by no fault of the encoder's. */
  missPicture(): void {
    if (this.#picture) this.#writer.lose(this.#picture.track);
  }

  /** Pictures are decoded one after the other, unless the clock has jumped. */
  #afterTheLast(wanted: Ticks90k): Ticks90k {
    const last = this.#lastDecodeTime;
    const isSloppy = wanted <= last && last - wanted <= SLOPPY;
    this.#lastDecodeTime = isSloppy ? last + 1 : wanted;
    return ticks90k(this.#lastDecodeTime);
  }

  /** For the next picture; the newest counts where there is too much. */
  #keep(preface: Uint8Array): void {
    if (preface.byteLength > MAX_PREFACE_BYTES) return;
    const hasRoom = this.#preface.byteLength + preface.byteLength <= MAX_PREFACE_BYTES;
    this.#preface = hasRoom ? Buffer.concat([this.#preface, preface]) : preface;
  }

  #write(track: WrittenTrack, unit: Parameters<TransportWriter['unit']>[1]): void {
    if (!this.#isAnnounced) {
      const tracks = [this.#picture?.track, this.#sound?.track].filter((each) => each !== undefined);
      this.#onBytes(this.#writer.announce(tracks));
      this.#isAnnounced = true;
    }
    this.#onBytes(this.#writer.unit(track, unit));
  }
}

function aacSound(config: Uint8Array): Sound | undefined {
  const aac = readAudioSpecificConfig(config);
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
