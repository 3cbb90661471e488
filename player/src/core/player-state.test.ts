import { describe, expect, it } from 'vitest';
import { derivePlayerState, type PlayerFacts } from './player-state.js';

const live: PlayerFacts = { intent: 'playing', link: { status: 'open' }, stream: 'live', picture: 'moving' };
const away = { reason: 'unreachable', message: 'The gateway does not answer.', code: 1006 } as const;
const state = (change: Partial<PlayerFacts>) => derivePlayerState({ ...live, ...change });

describe('player state', () => {
  it.each<[string, Partial<PlayerFacts>, ReturnType<typeof state>]>([
    ['stopped', { intent: 'stopped' }, { name: 'idle' }],
    ['on the way', { picture: 'none', link: { status: 'connecting' } }, { name: 'connecting' }],
    ['burst on the way', { picture: 'none' }, { name: 'connecting' }],
    ['not live yet', { picture: 'none', stream: 'starting' }, { name: 'waiting', stream: 'starting' }],
    ['live', {}, { name: 'playing' }],
    ['offline, the last frames still play', { stream: 'offline' }, { name: 'playing' }],
    ['offline', { stream: 'offline', picture: 'standing' }, { name: 'ended' }],
    ['starting again', { stream: 'starting', picture: 'standing' }, { name: 'waiting', stream: 'starting' }],
    ['short of data', { picture: 'standing' }, { name: 'buffering' }],
    ['sound alone for a while', { picture: 'pausing' }, { name: 'playing' }],
    ['sound alone, then nothing', { picture: 'pausing', stream: 'offline' }, { name: 'ended' }],
    [
      'sound alone, connecting',
      { picture: 'pausing', link: { status: 'connecting' } },
      { name: 'buffering' },
    ],
    ['paused', { intent: 'paused', picture: 'standing' }, { name: 'paused' }],
    ['resting', { intent: 'resting', picture: 'standing' }, { name: 'paused', continues: true }],
    [
      'away, the buffer still plays',
      { link: { status: 'retrying', problem: away, retry: 'soon' } },
      { name: 'playing' },
    ],
    [
      'away',
      { picture: 'standing', link: { status: 'retrying', problem: away, retry: 'soon' } },
      { name: 'buffering', problem: away },
    ],
    [
      'never there',
      { picture: 'none', link: { status: 'retrying', problem: away, retry: 'soon' } },
      { name: 'connecting', problem: away },
    ],
    [
      'unknown stream',
      { picture: 'none', link: { status: 'retrying', problem: away, retry: 'slowly' } },
      { name: 'failed', problem: away, retry: 'slowly' },
    ],
    [
      'refused',
      { link: { status: 'failed', problem: away } },
      { name: 'failed', problem: away, retry: 'never' },
    ],
  ])('%s', (_, facts, expected) => {
    expect(state(facts)).toEqual(expected);
  });
});
