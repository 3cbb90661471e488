import { describe, expect, it } from 'vitest';
import { lipSync } from './lip-sync.js';

describe('lipSync', () => {
  // Picture 60 is the first of its second.
  const pictures = [
    { number: 54, shownAt: 10_000 },
    { number: 60, shownAt: 10_200 },
    { number: 66, shownAt: 10_400 },
  ];

  it('is how much later than its picture a beep is heard', () => {
    expect(lipSync(pictures, [10_200, 10_230, 10_150])).toEqual([0, 30, -50]);
  });

  it('is unknown while no picture is seen', () => {
    expect(lipSync(pictures, [11_200])).toEqual([]);
    expect(lipSync([], [10_200])).toEqual([]);
  });
});
