import { TEST_PICTURE } from './format.js';

const HERTZ = 880;
const TONE_MS = 100;
const LOUDNESS = 0.12;

/**
 * Raw sound (16 bit, little-endian, mono) of `samples` samples from a moment on: a soft tone at the beginning of each
 * second. It depends only on the time, so consecutive pieces join without a click.
 */
export function tone(time: number, samples: number): Buffer {
  const out = Buffer.alloc(samples * 2);
  for (let sample = 0; sample < samples; sample++) {
    const since = (time + (sample * 1000) / TEST_PICTURE.sampleRate) % 1000;
    if (since >= TONE_MS) continue;
    const swell = Math.sin((Math.PI * since) / TONE_MS) ** 2;
    const value = Math.sin((2 * Math.PI * HERTZ * since) / 1000) * swell * LOUDNESS;
    out.writeInt16LE(Math.round(value * 32_767), sample * 2);
  }
  return out;
}
