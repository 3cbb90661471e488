import { milliseconds, seconds } from '@topicast/contracts/units';
import { expect, it } from 'vitest';
import { Judge } from './judge.js';

const NOW = milliseconds(Date.parse('2026-12-01T12:03:30Z'));
const kindsOf = (judge: Judge) => judge.analysis.findings.map(({ kind }) => kind);

/** Sound of this loudness, ten values a second, as the filter gives them. */
function listen(judge: Judge, lufs: number, from: number, to: number): void {
  for (let at = from; at < to; at += 0.1)
    judge.take({ kind: 'loudness', lufs, at: seconds(at) }, milliseconds(NOW + at * 1_000));
}

it('says since when the picture is black, and not that it does not change either', () => {
  const judge = new Judge();
  judge.take({ kind: 'began', what: 'black', ago: seconds(5) }, NOW);
  judge.take({ kind: 'began', what: 'frozen', ago: seconds(20) }, NOW);
  expect(judge.analysis.findings).toMatchObject([{ kind: 'black', since: '2026-12-01T12:03:25.000Z' }]);
  judge.take({ kind: 'ended', what: 'black' }, NOW);
  expect(judge.analysis.findings).toMatchObject([{ kind: 'frozen', since: '2026-12-01T12:03:10.000Z' }]);
  judge.take({ kind: 'ended', what: 'frozen' }, NOW);
  expect(judge.analysis.findings).toEqual([]);
});

it('knows the loudness after ten seconds, and calls it loud only after half a minute', () => {
  const judge = new Judge();
  listen(judge, -6, 0, 8);
  expect(judge.analysis).toEqual({ findings: [] });
  listen(judge, -6, 8, 20);
  expect(judge.analysis).toEqual({ findings: [], loudness: -6 });
  listen(judge, -6, 20, 31);
  expect(judge.analysis.findings[0]!.words).toContain('very loud (−6 LUFS; −16 to −23 is usual)');
});

it('does not change its mind at each value near the limit', () => {
  const judge = new Judge();
  listen(judge, -7.5, 0, 31);
  listen(judge, -8.5, 31, 62);
  expect(kindsOf(judge)).toEqual(['loud']);
  listen(judge, -10, 62, 100);
  expect(kindsOf(judge)).toEqual([]);
});

it('takes silence for silence, and pauses for no sound at all', () => {
  const judge = new Judge();
  listen(judge, -45, 0, 31);
  expect(kindsOf(judge)).toEqual(['quiet']);
  judge.take({ kind: 'began', what: 'silent', ago: seconds(10) }, NOW);
  listen(judge, -120, 31, 41);
  expect(judge.analysis).toMatchObject({ findings: [{ kind: 'silent' }] });
  expect(judge.analysis.loudness).toBeUndefined();
  judge.take({ kind: 'ended', what: 'silent' }, NOW);
  listen(judge, -20, 41, 71);
  expect(judge.analysis).toEqual({ findings: [], loudness: -20 });
});
