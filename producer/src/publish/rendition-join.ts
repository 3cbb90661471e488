import type { ChunkHeader } from '@topicast/contracts/chunk-header';
import type { NewRecord } from '@topicast/log';
import type { Chunk } from '@topicast/media/mpegts';

/**
 * Chunks that wait for their counterpart in another rendition. The best one may be held back for half a minute where a
 * source comes in bursts; a minute of them, at 60 pictures a second, means that something has failed.
 */
const MOST_WAITING = 3_600;
const PACKET_BYTES = 188;
/** The first stream of each output of ffmpeg's MPEG-TS muxer. */
const VIDEO_PID = 0x100;

/** A chunk of the best rendition, as far as the other ones share it. */
interface Place {
  readonly header: ChunkHeader;
  /** PAT and PMT. */
  readonly before: Uint8Array;
  /** Sound, and everything else that is not video. */
  readonly after: Uint8Array;
}

/**
 * Gives a rendition the chunks of the best one, with its own video in them. The encoder of such a rendition makes only
 * video. Which sound goes with which picture is decided once, so a viewer who changes the rendition at a keyframe gets
 * each packet of sound once. docs/design/renditions.md has the cases and what was measured.
 */
export class RenditionJoin {
  readonly #emit: (record: NewRecord) => void;
  readonly #lose: (chunks: number, reason: string) => void;
  readonly #places: Place[] = [];
  /** Pictures of this rendition that came before the best rendition's. */
  readonly #pictures: Chunk[] = [];
  /** Something was lost: the rendition continues at the next keyframe. */
  #isBroken = false;

  constructor(emit: (record: NewRecord) => void, lose: (chunks: number, reason: string) => void) {
    this.#emit = emit;
    this.#lose = lose;
  }

  /** The best rendition's next chunk. */
  lead({ header, value }: NewRecord): void {
    this.#places.push({ header, ...sharedPackets(value) });
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
      } else if (picture.decodeTime < place.header.decodeTime) {
        this.#skipPicture();
      } else if (picture.decodeTime > place.header.decodeTime) {
        this.#skipPlace();
      } else {
        this.#places.shift();
        this.#pictures.shift();
        this.#send(place, picture);
      }
    }
  }

  #send({ header, before, after }: Place, picture: Chunk | undefined): void {
    const canBegin = header.keyframe && (picture?.keyframe ?? header.audioOnly);
    if (header.keyframe && !canBegin) this.#isBroken = true;
    if (this.#isBroken && !canBegin) {
      this.#lose(1, 'it waits for a keyframe');
      return;
    }
    const parts = picture ? [before, videoPackets(picture.data), after] : [before, after];
    this.#emit({
      header: this.#isBroken ? { ...header, discontinuity: true } : header,
      value: Buffer.concat(parts),
    });
    this.#isBroken = false;
  }

  #skipPlace(): void {
    this.#places.shift();
    this.#isBroken = true;
    this.#lose(1, 'its picture did not come');
  }

  /** The chunk has no place, or its place was skipped. The loss is counted at the skip, or when the chunk comes. */
  #skipPicture(): void {
    this.#pictures.shift();
    this.#isBroken = true;
  }
}

/** The parts of a chunk that are not video: the tables before it, and the sound after it. */
function sharedPackets(value: Uint8Array): Pick<Place, 'before' | 'after'> {
  const packets = packetsOf(value);
  const firstVideo = packets.findIndex(isVideo);
  if (firstVideo < 0) return { before: value, after: new Uint8Array() };
  const rest = packets.slice(firstVideo).filter((packet) => !isVideo(packet));
  return { before: value.slice(0, firstVideo * PACKET_BYTES), after: Buffer.concat(rest) };
}

const videoPackets = (value: Uint8Array): Uint8Array => Buffer.concat(packetsOf(value).filter(isVideo));

const packetsOf = (value: Uint8Array): Uint8Array[] =>
  Array.from({ length: value.byteLength / PACKET_BYTES }, (_, index) =>
    value.subarray(index * PACKET_BYTES, (index + 1) * PACKET_BYTES),
  );

const isVideo = (packet: Uint8Array): boolean => (((packet[1]! & 0x1f) << 8) | packet[2]!) === VIDEO_PID;
