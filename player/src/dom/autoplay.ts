/** What became of the attempt to play. */
type PlayOutcome =
  | 'playing'
  /** The browser refused to play with sound, but plays without it. */
  | 'muted'
  /** Refused either way: the user has to click first. */
  | 'blocked'
  /** Another media source replaced this one before it began. */
  | 'replaced';

/** Play, without sound if the browser's autoplay policy demands that (HTML 4.8.11.8). */
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
