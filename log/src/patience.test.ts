import { milliseconds } from '@topicast/contracts/units';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { LogError } from './chunk-log.js';
import { untilLogAnswers } from './patience.js';

/** What it says, and no pauses worth speaking of. */
function setUp() {
  const lines: { msg: string; reason: string }[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const backoff = { first: milliseconds(1), longest: milliseconds(1) };
  const stopping = new AbortController();
  return { lines, stopping, options: { logger, backoff, signal: stopping.signal } };
}

describe('untilLogAnswers', () => {
  it('tries again while the log is away, and says so each time', async () => {
    const { lines, options } = setUp();
    let tries = 0;
    const answer = await untilLogAnswers(async () => {
      if (++tries < 4) throw new LogError('unavailable', `no broker, ${tries}`);
      return 'a table';
    }, options);
    expect(answer).toBe('a table');
    expect(lines.map(({ reason }) => reason)).toEqual(['no broker, 1', 'no broker, 2', 'no broker, 3']);
    expect(lines[0]!.msg).toContain('tries again');
  });

  it('gives up on an error that no repetition can cure', async () => {
    const { options } = setUp();
    for (const code of ['closed', 'invalid', 'full'] as const) {
      const failing = untilLogAnswers(() => Promise.reject(new LogError(code, code)), options);
      await expect(failing).rejects.toMatchObject({ code });
    }
  });

  it('ends with its signal, also in the middle of an attempt', async () => {
    const { options, stopping } = setUp();
    const trying = untilLogAnswers(() => new Promise(() => undefined), options);
    stopping.abort(new Error('enough'));
    await expect(trying).rejects.toThrow('enough');
  });
});
