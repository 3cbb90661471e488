import { seconds } from '@topicast/contracts/units';
import type { Fragment } from '@topicast/media/fmp4';
import { expect, it } from 'vitest';
import type { FromSources } from './messages.js';
import { PageSink } from './page-sink.js';

const fragment = (bytes: number): Fragment => ({
  track: 'video',
  data: new Uint8Array(bytes),
  start: seconds(0),
  end: seconds(1),
  keyframe: true,
  samples: 1,
  discontinuity: false,
});

it('sends a large burst to a page that has taken everything', () => {
  const posted: FromSources[] = [];
  const sink = new PageSink(1, (message) => posted.push(message), { onAppended: () => {}, onOver: () => {} });
  sink.append([fragment(20 * 1024 * 1024)]);
  sink.taken(20 * 1024 * 1024);
  sink.append([fragment(1)]);
  expect(posted).toHaveLength(2);
});

it('sends no more than 16 MB to a page that reads nothing, and starts again when it reads', () => {
  const posted: FromSources[] = [];
  const told: string[] = [];
  const sink = new PageSink(3, (message) => posted.push(message), {
    onAppended: () => told.push('appended'),
    onOver: () => told.push('over'),
  });
  for (let i = 0; i < 20; i++) sink.append([fragment(1024 * 1024)]);
  expect(posted.map(({ type, media }) => [type, media])).toEqual(Array(16).fill(['fragments', 3]));
  expect(told).toEqual(Array(16).fill('appended'));
  sink.taken(1024 * 1024);
  expect(told.at(-1)).toBe('over');
  sink.close();
  sink.taken(1024 * 1024);
  sink.append([fragment(1)]);
  expect(told).toHaveLength(17);
});
