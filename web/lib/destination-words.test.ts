import { expect, it } from 'vitest';
import { destinationWords } from './destination-words';

it('says how a destination is, and what is wrong', () => {
  const counts = { attempts: 1, droppedPictures: 0 };
  const since = '2026-01-01T00:00:00Z';
  expect(
    destinationWords({ state: 'live', since, bitrate: 3_100_000, unsentBytes: 20_000, ...counts }),
  ).toEqual({
    ...{ label: 'LIVE', tone: 'live', facts: ['3.1 Mbit/s'], problem: undefined },
  });
  expect(
    destinationWords({
      ...{ state: 'live', since, bitrate: 3_100_000, unsentBytes: 4_000_000, problem: 'The sound is Opus.' },
      ...{ attempts: 3, droppedPictures: 1 },
    }),
  ).toMatchObject({
    facts: ['3.1 Mbit/s', 'it reads slowly', '3 connections', '1 picture left out'],
    problem: 'The sound is Opus.',
  });
  expect(destinationWords({ state: 'waiting', problem: 'The key is wrong.', ...counts })).toMatchObject({
    ...{ label: 'Not sent', tone: 'failed', problem: 'The key is wrong.' },
  });
});
