import { expect, it } from 'vitest';
import { NOBODY_SENDS, whatIsAwaited } from './caller.js';

it.each([
  [[], NOBODY_SENDS],
  [['[mpegts] Could not find codec parameters for stream 1 (Audio: aac), 0 channels'], /announces sound/],
  [['[in#0/mpegts] Could not find codec parameters for stream 12 (Audio: aac)'], /announces sound/],
  [['[h264] non-existing PPS 0 referenced'], undefined],
])('after %j, an address that listens says what it waits for', (lines, expected) => {
  const said = whatIsAwaited(lines);
  if (expected === undefined) expect(said).toBeUndefined();
  else expect(said).toMatch(expected);
});
