import { expect, it } from 'vitest';
import { explain, isVerdictOnMedia } from './explain.js';

it.each([
  ['film.mp4: Invalid data found when processing input', true],
  ['[mov,mp4,m4a,3gp,3g2,mj2] moov atom not found', true],
  ["Stream map '0:V:0' matches no streams.", true],
  ['Decoder (codec av1) not found for input stream #0:0', true],
  ['Error while filtering: Generic error in an external library', true],
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

it('says what to do', () => {
  const url = {
    kind: 'url',
    url: 'http://a/',
    protocol: 'http',
    copy: false,
    fenced: true,
    listens: false,
  } as const;
  const said = (line: string) =>
    explain(url, ['[https] something', line, 'Conversion failed!'], 'exit code 1');
  expect(said('http://a/: Invalid data found when processing input')).toContain('web page');
  expect(said('http://a/: Server returned 5XX Server Error reply')).toContain('5xx');
  expect(said('http://a/: Server returned 4XX Client Error, but not one of 40{0,1,3,4}')).toContain('4xx');
  expect(said('Error while filtering: Invalid argument')).toContain('cannot convert');
  expect(said('nobody has seen this before')).toContain('stopped (exit code 1): Conversion failed!');
});
