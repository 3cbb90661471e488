import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import type { NewRecord } from '@topicast/log';
import { type Chunk, OtherTables, trackPidsOf } from '@topicast/media/mpegts';

/**
 * Chunks that wait for their counterpart in another rendition. The best one may be held back for half a minute where a
 * source comes in bursts; a minute of them, at 60 pictures a second, means that something has failed.
 */
const MOST_WAITING = 3_600;
const PACKET_BYTES = 188;
/** The first stream of each output of ffmpeg's MPEG-TS muxer. */
const FFMPEG_VIDEO_PID = 0x100;

/** A chunk of the best rendition, as far as the other ones share it. */
interface Place {
  readonly header: ChunkHeader;
  /** Where the packets of its picture are, and where those of the other rendition's will be. */
  readonly pid: number;
  /** PAT and PMT. */
  readonly before: Uint8Array;
  /** Sound, and everything else that is not video. */
  readonly after: Uint8Array;
}

/**
 * Gives a rendition the chunks of the best one, with its own video in them. The encoder of such a rendition makes only
 * video. Which sound goes with which picture is decided once, so a viewer who changes the rendition at a keyframe gets
 * each packet of sound once. docs/design/renditions.md has the cases and what was measured.
 *
 * Where the best rendition has B-frames, its chunks come in another order than the pictures of this one, which has none.
 * The n-th picture to be shown belongs to the n-th chunk, because an encoder that reorders gives its pictures the same
 * decode times that it would give them in order.
 */
export class RenditionJoin {
  readonly #emit: (record: NewRecord) => void;
  readonly #lose: (chunks: number, reason: string) => void;
  readonly #places: Place[] = [];
  /** When the pictures of those places are shown, in that order. */
  readonly #due: number[] = [];
  /** Pictures of this rendition that came before the best rendition's. */
  readonly #pictures: Chunk[] = [];
  /** Something was lost: the rendition continues at the next keyframe. */
  #isBroken: boolean;
  #pid = FFMPEG_VIDEO_PID;
  readonly #tables = new OtherTables();

  /** @param isLate it begins within a session */
  constructor(
    emit: (record: NewRecord) => void,
    lose: (chunks: number, reason: string) => void,
    isLate = false,
  ) {
    this.#emit = emit;
    this.#lose = lose;
    this.#isBroken = isLate;
  }

  /** The best rendition's next chunk. */
  lead({ header, value }: NewRecord): void {
    if (header.keyframe && !header.audioOnly)
      [this.#pid = FFMPEG_VIDEO_PID] = trackPidsOf(value)?.pictures ?? [];
    const { before, after } = sharedPackets(value, this.#pid);
    const tables = header.keyframe ? (this.#tables.ofH264(before) ?? before) : before;
    this.#places.push({ header, pid: this.#pid, before: tables, after });
    if (!header.audioOnly) this.#expect(shownAt(header));
    this.#settle();
    if (this.#places.length > MOST_WAITING) this.#skipPlace();
  }

  /** This rendition's next picture. */
  follow(picture: Chunk): void {
    // Its muxer has no sound to send by itself.
    if (picture.audioOnly) return;
    this.#pictures.push(picture);
    this.#settle();
    if (this.#pictures.length > MOST_WAITING) this.#skipPicture();
  }

  /** The encoder has ended. @returns how many chunks will never come. */
  close(): number {
    this.#due.length = 0;
    return this.#places.splice(0).length + this.#pictures.splice(0).length;
  }

  #settle(): void {
    for (let place = this.#places[0]; place; place = this.#places[0]) {
      const picture = this.#pictures[0];
      if (place.header.audioOnly) {
        this.#places.shift();
        this.#send(place, undefined);
      } else if (!picture) {
        return;
      } else if (shownAt(picture) < this.#due[0]!) {
        this.#skipPicture();
      } else if (shownAt(picture) > this.#due[0]!) {
        this.#skipPlace();
      } else {
        this.#places.shift();
        this.#due.shift();
        this.#pictures.shift();
        this.#send(place, picture);
      }
    }
  }

  /** Nearly always the last one. */
  #expect(time: number): void {
    let at = this.#due.length;
    while (at > 0 && this.#due[at - 1]! > time) at--;
    this.#due.splice(at, 0, time);
  }

  #send({ header, pid, before, after }: Place, picture: Chunk | undefined): void {
    const canBegin = header.keyframe && (picture?.keyframe ?? header.audioOnly);
    if (header.keyframe && !canBegin) this.#isBroken = true;
    if (this.#isBroken && !canBegin) {
      this.#lose(1, 'it waits for a keyframe');
      return;
    }
    const parts = picture ? [before, videoPackets(picture.data, pid), after] : [before, after];
    this.#emit({
      header: this.#isBroken ? { ...header, discontinuity: true } : header,
      value: Buffer.concat(parts),
    });
    this.#isBroken = false;
  }

  #skipPlace(): void {
    const place = this.#places.shift();
    if (!place?.header.audioOnly) this.#due.shift();
    this.#isBroken = true;
    this.#lose(1, 'its picture did not come');
  }

  /** The chunk has no place, or its place was skipped. The loss is counted at the skip, or when the chunk comes. */
  #skipPicture(): void {
    this.#pictures.shift();
    this.#isBroken = true;
  }
}

interface Times {
  readonly decodeTime: number;
  readonly presentationOffset: number;
}

const shownAt = ({ decodeTime, presentationOffset }: Times): number => decodeTime + presentationOffset;

/** The parts of a chunk that are not video: the tables before it, and the sound after it. */
function sharedPackets(value: Uint8Array, pid: number): Pick<Place, 'before' | 'after'> {
  const packets = packetsOf(value);
  const firstVideo = packets.findIndex((packet) => pidOf(packet) === pid);
  if (firstVideo < 0) return { before: value, after: new Uint8Array() };
  const rest = packets.slice(firstVideo).filter((packet) => pidOf(packet) !== pid);
  return { before: value.slice(0, firstVideo * PACKET_BYTES), after: Buffer.concat(rest) };
}

/** Of what ffmpeg has made, with another PID. */
function videoPackets(value: Uint8Array, pid: number): Uint8Array {
  const packets = packetsOf(value).filter((packet) => pidOf(packet) === FFMPEG_VIDEO_PID);
  const video = Buffer.concat(packets);
  if (pid !== FFMPEG_VIDEO_PID) {
    for (const packet of packetsOf(video)) packet.set([(packet[1]! & 0xe0) | (pid >> 8), pid & 0xff], 1);
  }
  return video;
}

const packetsOf = (value: Uint8Array): Uint8Array[] =>
  Array.from({ length: value.byteLength / PACKET_BYTES }, (_, index) =>
    value.subarray(index * PACKET_BYTES, (index + 1) * PACKET_BYTES),
  );

const pidOf = (packet: Uint8Array): number => ((packet[1]! & 0x1f) << 8) | packet[2]!;
