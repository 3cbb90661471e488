/** What became of the wish to play. */
export type PlayOutcome =
  | 'playing'
  /** With sound it was refused, without it it plays. */
  | 'muted'
  /** Refused either way: a gesture of the user is needed. */
  | 'blocked'
  /** Another media source took the place of this one before it began. */
  | 'replaced';

/** Play, without sound if the browser's autoplay policy wants it so (HTML 4.8.11.8). */
export async function playOrMute(video: HTMLVideoElement): Promise<PlayOutcome> {
  const first = await attempt(video);
  if (first !== 'blocked' || video.muted) return first;
  video.muted = true;
  const second = await attempt(video);
  if (second === 'playing') return 'muted';
  video.muted = false;
  return second;
}

async function attempt(video: HTMLVideoElement): Promise<'playing' | 'blocked' | 'replaced'> {
  try {
    await video.play();
    return 'playing';
  } catch (error) {
    return error instanceof DOMException && error.name === 'NotAllowedError' ? 'blocked' : 'replaced';
  }
}
