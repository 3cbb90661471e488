import { describe, expect, it } from 'vitest';
import { cameraPage, keyProblem } from './camera-page';

describe('the camera page', () => {
  it('is below its stream', () => expect(cameraPage('show')).toBe('/studio/show/camera'));

  it.each([
    ['', /Paste/],
    ['show', /no stream key/],
    ['show.', /no stream key/],
    ['../show.x', /no stream key/],
    ['other.secret', /another stream, other/],
  ])('says what is wrong with the key %j', (text, words) => {
    expect(keyProblem(text, 'show')).toMatch(words);
  });

  it('takes the key of its stream', () => expect(keyProblem('show.secret', 'show')).toBeUndefined());
});
