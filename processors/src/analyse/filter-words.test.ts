import { expect, it } from 'vitest';
import { FilterWords } from './filter-words.js';

const factsIn = (text: string) => {
  const words = new FilterWords();
  return text
    .split('\n')
    .map((line) => words.read(line))
    .filter((fact) => fact !== undefined);
};

it('reads what ffmpeg 5.1 writes about a picture that is black and then still', () => {
  const recorded = `frame:5    pts:451920  pts_time:5.02133
lavfi.black_start=0.0213333
frame:20   pts:1801920 pts_time:20.0213
lavfi.freezedetect.freeze_start=0.0213333
frame:29   pts:2611920 pts_time:29.0213
lavfi.black_end=29.0213
lavfi.freezedetect.freeze_duration=29
lavfi.freezedetect.freeze_end=29.0213`;
  expect(factsIn(recorded)).toEqual([
    { kind: 'began', what: 'black', ago: expect.closeTo(5, 3) },
    { kind: 'began', what: 'frozen', ago: expect.closeTo(20, 3) },
    { kind: 'ended', what: 'black' },
    { kind: 'ended', what: 'frozen' },
  ]);
});

it('reads what ffmpeg 5.1 writes about sound', () => {
  const recorded = `frame:468  pts:479232  pts_time:9.984
lavfi.silence_start=0
frame:600  pts:614400  pts_time:12.8
lavfi.silence_end=12.79
frame:128  pts:614400  pts_time:12.8
lavfi.r128.S=-21.760
frame:129  pts:619200  pts_time:12.9
lavfi.r128.S=-inf
frame:130  pts:624000  pts_time:13
lavfi.r128.S=nan`;
  expect(factsIn(recorded)).toEqual([
    { kind: 'began', what: 'silent', ago: 9.984 },
    { kind: 'ended', what: 'silent' },
    { kind: 'loudness', lufs: -21.76, at: 12.8 },
  ]);
});

it('makes nothing of other words', () => {
  const others = `frame:1 pts:0
lavfi.r128.S=-20
frame:2 pts_time:x
lavfi.black_start=
lavfi.black_start=soon
=
frame:
[silencedetect @ 0x55c1803312c0] silence_start: 0`;
  expect(factsIn(others)).toEqual([]);
});
