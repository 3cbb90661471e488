import { describe, expect, it } from 'vitest';
import { posterShape } from './poster-bars';

describe('the poster of a stream', () => {
  it('is the same for the same id, and differs from its neighbours', () => {
    expect(posterShape('demo', 27)).toEqual(posterShape('demo', 27));
    const hues = ['cam-1', 'cam-2', 'cam-3', 'cam-4'].map((id) => posterShape(id, 1).hue);
    expect(new Set(hues).size).toBe(4);
  });

  it('keeps its bars inside the picture', () => {
    for (const height of posterShape('a'.repeat(63), 200).bars) {
      expect(height).toBeGreaterThan(0);
      expect(height).toBeLessThanOrEqual(1);
    }
  });
});
