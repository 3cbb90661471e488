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

it('says that a stream is good only where somebody has measured it', () => {
  expect(verdictOn(stream(), health())).toMatchObject({ tone: 'good', title: 'Good' });
  expect(verdictOn(stream(), undefined)).toMatchObject({ tone: 'idle', title: 'Live' });
});

it('is as grave as the worst finding, and says nothing twice', () => {
  const notes = [sentenceOf(FINDINGS.reordering), 'The picture is turned.'];
  const verdict = verdictOn(stream({ notes }), health(FINDINGS.slowUplink, FINDINGS.reordering));
  expect(verdict).toMatchObject({ tone: 'bad', notes: ['The picture is turned.'] });
  expect(verdictOn(stream(), health(FINDINGS.noSound)).tone).toBe('hint');
});

it.each<[Partial<StreamInfo>, string, string]>([
  [{ state: 'failed', problem: 'No such file.' }, 'bad', 'No such file.'],
  [{ state: 'offline' }, 'idle', 'as soon as an encoder sends'],
  [{ state: 'offline', enabled: false }, 'idle', 'until you start it'],
  [{ state: 'starting' }, 'idle', 'on their way'],
  [{ problem: 'The log does not accept chunks.' }, 'bad', 'does not accept'],
])('tells what is to be expected of %o', (change, tone, words) => {
  const verdict = verdictOn(stream(change), health());
  expect(verdict.tone).toBe(tone);
  expect(verdict.text).toContain(words);
});
