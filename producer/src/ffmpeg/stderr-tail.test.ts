import { describe, expect, it } from 'vitest';
import { StderrTail } from './stderr-tail.js';

describe('StderrTail', () => {
  it('leaves out what nobody can do anything about', () => {
    const tail = new StderrTail();
    tail.push(
      `Codec AVOption crf (Select the quality) specified for output file #0 (pipe:1) has not been used for any stream. The most likely reason is either wrong type.
[out#0/mpegts @ 0x55a9f58334c0] Codec AVOption maxrate:v (maximum bitrate (in bits/s). Used for VBV together with bufsize.) has not been used for any stream. The most
[mpegts @ 0x55a9f58334c0] Could not find codec parameters for stream 1 (Audio: aac): unspecified sample format
Consider increasing the value for the 'analyzeduration' (1000000) and 'probesize' (1000000) options
`,
    );
    expect(tail.lines()).toEqual([
      '[mpegts] Could not find codec parameters for stream 1 (Audio: aac): unspecified sample format',
    ]);
  });
});
