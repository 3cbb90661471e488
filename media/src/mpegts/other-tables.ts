import { programmeIn } from './parts.js';
import { type ElementaryStream, TableWriter } from './tables.js';
import { ofKind } from './tracks.js';

/** Advanced video coding, ISO 13818-1 table 2-34. */
const STREAM_TYPE_H264 = 0x1b;

/** Writes the tables of chunks whose picture is another one than that of the chunks they are made of. */
export class OtherTables {
  readonly #writer = new TableWriter();

  /** @returns the tables of a chunk with nothing but the picture of this one; undefined if it has none */
  ofPictureAlone(keyframe: Uint8Array): Uint8Array | undefined {
    return this.#change(keyframe, (picture) => [picture]);
  }

  /**
   * @returns the tables of a chunk that has H.264 at the place of this one's picture; undefined if this one has no
   * tables, or the same ones
   */
  ofH264(keyframe: Uint8Array): Uint8Array | undefined {
    return this.#change(keyframe, (picture, all) =>
      picture.type === STREAM_TYPE_H264
        ? undefined
        : all.map((stream) =>
            stream === picture
              ? { pid: picture.pid, type: STREAM_TYPE_H264, descriptors: new Uint8Array(0) }
              : stream,
          ),
    );
  }

  #change(
    keyframe: Uint8Array,
    change: (
      picture: ElementaryStream,
      all: readonly ElementaryStream[],
    ) => readonly ElementaryStream[] | undefined,
  ): Uint8Array | undefined {
    const carried = programmeIn(keyframe);
    const [picture] = ofKind(carried?.tracks ?? [], 'video');
    if (!carried || !picture) return undefined;
    const streams = change(picture.stream, carried.programme.streams);
    return streams && this.#writer.write({ ...carried.programme, streams }, carried.pmtPid);
  }
}
