import { describe, expect, it } from 'vitest';
import { createStreamRequest } from './http.js';
import { defaultBitrate, ladderProblem, parseLadder } from './ladder.js';
import { streamStatus } from './tables.js';

describe('a ladder', () => {
  it('is read as people write it', () => {
    expect(parseLadder('1080p+720p+360p')).toEqual([{ height: 1080 }, { height: 720 }, { height: 360 }]);
    for (const text of ['', '720', '720p+', '720p,360p', '720P', '12345p'])
      expect(parseLadder(text)).toBeUndefined();
  });

  it('has a bitrate that suits the height', () => {
    expect([144, 360, 720, 1080].map(defaultBitrate)).toEqual([180_000, 890_000, 3_000_000, 6_100_000]);
  });

  it.each([
    ['test', {}, '360p+720p', /from the highest to the lowest/],
    ['test', {}, '720p+720p', /no height comes twice/],
    ['test', {}, '100p', /144 to 2160 lines/],
    ['test', {}, '720p+640p+560p+480p+400p+320p+240p', /1 to 6 renditions/],
    ['topic', {}, '720p', /encoded by somebody else/],
    ['file', { path: '/a', copy: true }, '720p+360p', /choose one of the two/],
  ] as const)('of a source "%s" %j may not be %s', (kind, more, text, problem) => {
    const ladder = parseLadder(text)!;
    expect(ladderProblem({ kind, ...more }, ladder)).toMatch(problem);
    const { error } = createStreamRequest.safeParse({ id: 'a', source: { kind, ...more }, ladder });
    expect(error?.issues[0]?.path[0]).toBe('ladder');
  });

  it('may be of one rung, and of none', () => {
    for (const ladder of [undefined, [{ height: 480, bitrate: 1_000_000 }]]) {
      expect(createStreamRequest.safeParse({ id: 'a', source: { kind: 'test' }, ladder }).success).toBe(true);
    }
  });
});

it('reads a status row of version 0.1, which had no catalog', () => {
  const row = { producer: 'p1', state: 'live', session: 5, video: { width: 640 }, bitrate: 1_000_000 };
  expect(streamStatus.parse(row)).toMatchObject({ producer: 'p1', state: 'live', session: 5, restarts: 0 });
});
