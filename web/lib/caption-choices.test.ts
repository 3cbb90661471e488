import { describe, expect, it } from 'vitest';
import { captionChoices, shownCaptions, toggledCaptions } from './caption-choices';

const off = [
  { label: 'CC1', shown: false },
  { label: 'CC3', shown: false },
];
const on = [off[0]!, { label: 'CC3', shown: true }];

describe('the captions menu', () => {
  it('is empty where there are no captions, and otherwise offers to have none', () => {
    expect(captionChoices([])).toEqual([]);
    expect(captionChoices(off).map(({ name }) => name)).toEqual(['Off', 'CC1', 'CC3']);
  });

  it('knows what is shown, and what a key switches to', () => {
    expect([shownCaptions(off), toggledCaptions(off)]).toEqual(['off', 'CC1']);
    expect([shownCaptions(on), toggledCaptions(on)]).toEqual(['CC3', 'off']);
    expect(toggledCaptions([])).toBe('off');
  });
});
