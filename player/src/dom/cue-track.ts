import type { Seconds } from '@topicast/contracts/units';
import type { Id3Frame } from '@topicast/media/text';

/** Cues that ended longer ago are removed. */
const KEEP_BEHIND_S = 30;
/** A caption leaves by itself this long after the last data, as on a television set. */
const CAPTION_OUTLASTS_S = 16;
/** Lines up to here are shown at the top, others where the browser shows captions. */
const LAST_TOP_ROW = 6;
/** Until the next tag. Not every browser takes Infinity. */
const OPEN_END_S = Number.MAX_SAFE_INTEGER;

/** A cue with a frame of an ID3 tag, as Safari and hls.js make it. */
interface Id3Cue extends VTTCue {
  type: 'org.id3';
  value: Id3Frame;
}

/** A text track whose newest cues are still open: live, nobody knows yet when they end. */
export class CueTrack {
  readonly #track: TextTrack;
  /** Oldest first. `track.cues` is null while the track is disabled. */
  #cues: VTTCue[] = [];
  #open: VTTCue[] = [];

  constructor(track: TextTrack) {
    this.#track = track;
  }

  /** From now on this text is shown; none if it is empty. @param row of its first line, 0 to 14 */
  showText(at: Seconds, text: string, row: number | undefined): void {
    const [open] = this.#open;
    // A line that is still being written.
    if (open && text.startsWith(open.text)) {
      open.text = text;
      return;
    }
    this.#end(at);
    if (text === '') return;
    const cue = new VTTCue(at, at + CAPTION_OUTLASTS_S, text);
    if (row !== undefined && row <= LAST_TOP_ROW) cue.line = row;
    this.#add(cue);
  }

  /** There is still data: what is shown stays. */
  hold(at: Seconds): void {
    for (const cue of this.#open)
      if (cue.endTime < at + CAPTION_OUTLASTS_S / 2) cue.endTime = at + CAPTION_OUTLASTS_S;
  }

  /** One cue for each frame of a tag. */
  showFrames(at: Seconds, frames: readonly Id3Frame[]): void {
    this.#end(at);
    for (const value of frames) {
      const cue: Omit<Id3Cue, 'type' | 'value'> = new VTTCue(at, OPEN_END_S, '');
      this.#add(Object.assign(cue, { type: 'org.id3', value } as const));
    }
  }

  trim(playhead: number): void {
    // The oldest is not always the first to end.
    const isKept = (cue: VTTCue): boolean => {
      const kept = cue.endTime >= playhead - KEEP_BEHIND_S;
      if (!kept) this.#track.removeCue(cue);
      return kept;
    };
    this.#cues = this.#cues.filter(isKept);
  }

  clear(): void {
    for (const cue of this.#cues) this.#track.removeCue(cue);
    this.#cues = [];
    this.#open = [];
  }

  #add(cue: VTTCue): void {
    this.#track.addCue(cue);
    this.#cues.push(cue);
    this.#open.push(cue);
  }

  #end(at: Seconds): void {
    for (const cue of this.#open) cue.endTime = Math.min(cue.endTime, Math.max(at, cue.startTime));
    this.#open = [];
  }
}
