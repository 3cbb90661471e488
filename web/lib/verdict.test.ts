import { FINDINGS, sentenceOf } from '@topicast/contracts/diagnosis';
import type { StreamInfo } from '@topicast/contracts/http';
import type { Finding, StreamHealth } from '@topicast/contracts/stream-health';
import { expect, it } from 'vitest';
import { verdictOn } from './verdict';

const stream = (change: Partial<StreamInfo> = {}): StreamInfo => ({
  ...{ id: 'a', title: 'A', state: 'live', viewers: 1, enabled: true, source: { kind: 'ingest' } },
  ...change,
});
const health = (...findings: Finding[]): StreamHealth =>
  ({ findings, newest: { producer: { from: 'producer' } }, latency: [] }) as unknown as StreamHealth;

const STARTED = '2026-12-01T00:00:00Z';
const on = (stream: StreamInfo, found: StreamHealth | undefined, afterMs = 0, lookedAtForMs = afterMs) => {
  const now = Date.parse(STARTED) + afterMs;
  return verdictOn(stream, found, { now, since: now - lookedAtForMs });
};

it('says that a stream is good only where somebody has measured it', () => {
  expect(on(stream(), health())).toMatchObject({ tone: 'good', title: 'Good' });
  expect(on(stream(), undefined)).toMatchObject({ tone: 'idle', title: 'Live' });
  const unmeasured = (...times: [afterMs: number, lookedAtForMs?: number]) =>
    on(stream({ startedAt: STARTED }), undefined, ...times).text;
  expect(unmeasured(5_000)).toMatch(/on their way/);
  expect(unmeasured(60_000)).toMatch(/No figures come/);
  // Whoever opens the page later has to wait for the first answers all the same.
  expect(unmeasured(60_000, 5_000)).toMatch(/on their way/);
});

it('is as grave as the worst finding, and says nothing twice', () => {
  const notes = [sentenceOf(FINDINGS.reordering), 'The picture is turned.'];
  const verdict = on(stream({ notes }), health(FINDINGS.slowUplink, FINDINGS.reordering));
  expect(verdict).toMatchObject({ tone: 'bad', notes: ['The picture is turned.'] });
  expect(on(stream(), health(FINDINGS.noSound)).tone).toBe('hint');
});

it.each<[Partial<StreamInfo>, string, string]>([
  [{ state: 'failed', problem: 'No such file.' }, 'bad', 'No such file.'],
  [{ state: 'offline' }, 'idle', 'as soon as an encoder sends'],
  [{ state: 'offline', enabled: false }, 'idle', 'until you start it'],
  [{ state: 'starting' }, 'idle', 'on their way'],
  [{ problem: 'The log does not accept chunks.' }, 'bad', 'does not accept'],
])('tells what is to be expected of %o', (change, tone, words) => {
  const verdict = on(stream(change), health());
  expect(verdict.tone).toBe(tone);
  expect(verdict.text).toContain(words);
});
