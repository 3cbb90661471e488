import type { Writable } from 'node:stream';
import type { Picture } from './canvas.js';
import { TestCard } from './card.js';
import { TEST_PICTURE } from './format.js';
import { tone } from './tone.js';

const FRAME_MS = 1000 / TEST_PICTURE.frameRate;
/** Pictures on their way to ffmpeg; drawing waits if ffmpeg does not accept them. */
const BUFFERS = 3;
/**
 * If the picture is behind or ahead by more (a suspended machine, a clock that was set), it continues from the present.
 */
const STEP_MS = 500;
/**
 * Sound goes ahead of the picture, so that the muxer never waits for it. That is possible because the tone is known
 * beforehand.
 */
const SOUND_AHEAD_MS = 100;

/** Made once, because painting it takes a good part of a second and nothing in it changes. */
let sharedCard: TestCard | undefined;

/**
 * Draw the test picture into ffmpeg in real time until the signal ends it. Frames have numbers, not times: after a late
 * frame, the next one follows at once, and the timestamps stay even.
 */
export function feedTestPicture(feeds: readonly Writable[], signal: AbortSignal): void {
  const [video, audio] = feeds as readonly [Writable, Writable?];
  sharedCard ??= new TestCard();
  const card = sharedCard;
  const free: Picture[] = Array.from({ length: BUFFERS }, () => card.frame());
  let next = Date.now();
  let timer: NodeJS.Timeout | undefined;

  audio?.write(tone(next, (SOUND_AHEAD_MS * TEST_PICTURE.sampleRate) / 1000));

  const send = (picture: Picture): void => {
    card.draw(picture, next);
    video.write(picture.data, () => free.push(picture));
    audio?.write(tone(next + SOUND_AHEAD_MS, TEST_PICTURE.samplesPerFrame));
    next += FRAME_MS;
  };
  const tick = (): void => {
    const now = Date.now();
    if (Math.abs(now - next) > STEP_MS) next = now;
    for (let picture = next <= now && free.pop(); picture; picture = next <= now && free.pop()) send(picture);
    // Always wait a moment: without a free picture there is nothing else to do.
    timer = setTimeout(tick, Math.max(free.length > 0 ? 0 : 5, next - Date.now()));
  };
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  if (!signal.aborted) tick();
}
