import { describe, expect, it } from 'vitest';
import { matrixOf, readConditions } from './conditions.js';

describe('the conditions of a network', () => {
  it('are perfect, except for what is named', () => {
    expect(readConditions('delay=25,congestion=bbr')).toMatchObject({
      delayMs: 25,
      lossPercent: 0,
      congestion: 'bbr',
    });
    expect(() => readConditions('delay=-1')).toThrow('"delay=-1" must be NAME=NUMBER');
  });

  it('are all combined in a matrix, without jitter where there is no delay', () => {
    expect(matrixOf([])).toHaveLength(2 * (1 + 3 + 3) * 4 * 4);
    expect(matrixOf(['delay=25,rate=0', 'congestion=cubic'])).toHaveLength(3 * 4);
    expect(matrixOf(['delay=0'])).toHaveLength(2 * 4 * 4);
  });
});
