import type { Part } from '../stream/parts.js';

/** Chunks to write in one form, after a word about the picture. */
export interface Piece {
  readonly part: Part;
  readonly from: number;
  readonly to: number;
  /** The picture begins, or is left out, from here on. */
  readonly tells: { readonly sent: boolean; readonly repeats: number } | undefined;
}

interface Keyframes {
  readonly keyframes: readonly number[];
}

interface Run {
  readonly from: number;
  readonly to: number;
}

/**
 * Whether a viewer gets the picture. It is left out from a keyframe on. When it is wanted again, the viewer gets the
 * pictures of the present GOP, whose sound it has had, and everything from its place on. A viewer that joins anywhere
 * gets the picture first, because it has to know the tracks.
 */
export class PictureChoice {
  wanted = true;
  #sent = true;

  /** @param joins this run does not continue the previous one */
  pieces({ keyframes }: Keyframes, { from, to }: Run, joins: boolean): readonly Piece[] {
    if (this.#sent || joins) {
      const tells = this.#sent ? undefined : { sent: true, repeats: 0 };
      this.#sent = true;
      const end = this.wanted
        ? undefined
        : keyframes.find((at) => at < to && (joins ? at > from : at >= from));
      return end === undefined
        ? [{ part: 'all', from, to, tells }]
        : this.#leaveOut({ from, to }, end, tells);
    }
    const begin = this.wanted ? keyframes.findLast((at) => at < to) : undefined;
    return begin === undefined
      ? [{ part: 'sound', from, to, tells: undefined }]
      : this.#bringBack({ from, to }, begin);
  }

  #leaveOut({ from, to }: Run, end: number, tells: Piece['tells']): readonly Piece[] {
    this.#sent = false;
    const rest: Piece = { part: 'sound', from: end, to, tells: { sent: false, repeats: 0 } };
    return end > from ? [{ part: 'all', from, to: end, tells }, rest] : [rest];
  }

  #bringBack({ from, to }: Run, begin: number): readonly Piece[] {
    this.#sent = true;
    const tells = { sent: true, repeats: Math.max(0, from - begin) };
    if (begin < from) {
      return [
        { part: 'picture', from: begin, to: from, tells },
        { part: 'all', from, to, tells: undefined },
      ];
    }
    const all: Piece = { part: 'all', from: begin, to, tells };
    return begin > from ? [{ part: 'sound', from, to: begin, tells: undefined }, all] : [all];
  }
}
