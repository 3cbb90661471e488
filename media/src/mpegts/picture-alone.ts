import { concatenated } from '../bytes.js';
import { OtherTables } from './other-tables.js';
import { pidOf } from './packet.js';
import { packetsOf, trackPidsOf } from './parts.js';

/** Makes chunks that hold nothing but the pictures of others, whose order they have to come in. */
export class PictureAlone {
  readonly #tables = new OtherTables();
  #pids: ReadonlySet<number> = new Set();

  /** @returns a copy; empty before the first keyframe with tables */
  of(chunk: Uint8Array, isKeyframe: boolean): Uint8Array {
    const tables = isKeyframe ? this.#tables.ofPictureAlone(chunk) : undefined;
    if (tables) this.#pids = trackPidsOf(chunk)?.pictures ?? this.#pids;
    const picture = [...packetsOf(chunk)].filter((packet) => this.#pids.has(pidOf(packet)));
    return concatenated(tables ? [tables, ...picture] : picture);
  }
}
