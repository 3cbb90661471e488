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

  it('keeps what matters, where ffmpeg says how much each line does, and tells of everything', () => {
    const told: string[] = [];
    const tail = new StderrTail(40, (line) => told.push(line));
    tail.push("[info] Input #0, rtsp, from 'rtsp://ann:secret@a/cam':\n[info]   Stream #0:0: Video: hevc\n");
    tail.push('[h264 @ 0x5585de5edcc0] [error] no frame!\n[warning] something\n[info] Str');
    expect(tail.lines()).toEqual(['[h264] no frame!', 'something']);
    tail.push('eam mapping:\n');
    expect(tail.lines()).toEqual(['[h264] no frame!', 'something']);
    expect(told).toEqual([
      "Input #0, rtsp, from 'rtsp://***@a/cam':",
      '  Stream #0:0: Video: hevc',
      ...['[h264] no frame!', 'something', 'Stream mapping:'],
    ]);
  });

  it('tells of each line, however many come at once', () => {
    const told: string[] = [];
    const tail = new StderrTail(3, (line) => told.push(line));
    tail.push(`Stream mapping:\n${'[hevc] Could not find ref\n'.repeat(100)}`);
    expect(told).toHaveLength(101);
    expect(tail.lines()).toHaveLength(3);
  });
});
