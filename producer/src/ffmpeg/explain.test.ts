import { expect, it } from 'vitest';
import { isVerdictOnMedia } from './explain.js';

it.each([
  ['film.mp4: Invalid data found when processing input', true],
  ['[mov,mp4,m4a,3gp,3g2,mj2] moov atom not found', true],
  ["Stream map '0:V:0' matches no streams.", true],
  ['Decoder (codec av1) not found for input stream #0:0', true],
  ['film.mp4: Cannot allocate memory', false],
  ['Error while opening encoder: Resource temporarily unavailable', false],
  ['file:film.mp4: Too many open files', false],
  ['file:film.mp4: Input/output error', false],
  ['file:film.mp4: Permission denied', false],
  ["Unknown encoder 'libx264'", false],
  ['', false],
])('whether %j is a verdict on the media: %s', (line, expected) => {
  expect(isVerdictOnMedia([line])).toBe(expected);
  expect(isVerdictOnMedia(['pthread_create failed: Resource temporarily unavailable', line])).toBe(false);
});
