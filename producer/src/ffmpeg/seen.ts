import { type ListedTrack, tracksIn } from './listed-tracks.js';
import { hdrOf, type Picture, readPicture } from './picture.js';
import { inputOf } from './probe.js';

/** What matters of a source that nobody looks at before it is encoded, as its encoder tells it. */
export interface Seen {
  /** Only one in HDR: others need no other plan. */
  readonly picture: Picture | undefined;
  /** Which sound belongs to the first picture, from 0. */
  readonly soundTrack: number;
}

/** As an encoder is planned for a source of which nothing is known. */
export const NOTHING_SEEN: Seen = { picture: undefined, soundTrack: 0 };

export function seenIn(tracks: readonly ListedTrack[]): Seen {
  const first = tracks.find(({ kind }) => kind === 'Video');
  const picture = first && readPicture(first.line, first.beside);
  const sounds = tracks.filter(({ kind }) => kind === 'Audio');
  const belongs = sounds.findIndex(({ programmes }) =>
    [...programmes].some((one) => first?.programmes.has(one)),
  );
  return { picture: picture && hdrOf(picture) ? picture : undefined, soundTrack: Math.max(0, belongs) };
}

/** Whether an encoder that was planned for the one must be planned anew for the other. */
export const needsOtherPlan = (one: Seen, other: Seen): boolean =>
  one.soundTrack !== other.soundTrack || shapeOf(one.picture) !== shapeOf(other.picture);

const shapeOf = (picture: Picture | undefined): string | undefined =>
  picture && `${picture.width}x${picture.height} ${hdrOf(picture)}`;

const MOST_INPUT_LINES = 400;

/** Takes each line of an ffmpeg that encodes a source nobody has looked at, and tells once what is in it. */
export class InputLines {
  readonly #onSeen: (seen: Seen) => void;
  #lines: string[] | undefined = [];

  constructor(onSeen: (seen: Seen) => void) {
    this.#onSeen = onSeen;
  }

  take(line: string): void {
    if (!this.#lines) return;
    this.#lines.push(line);
    if (this.#lines.length < MOST_INPUT_LINES && !line.startsWith('Stream mapping')) return;
    const tracks = tracksIn(inputOf(this.#lines));
    this.#lines = undefined;
    if (tracks.length > 0) this.#onSeen(seenIn(tracks));
  }
}
