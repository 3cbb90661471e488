import type { PlayerState, Problem } from '@topicast/player';
import { describe, expect, it } from 'vitest';
import { needsJump, spokenState, watchView } from './watch-view';

const away: Problem = { reason: 'unreachable', message: 'The gateway does not answer.' };

describe('what a viewer is told', () => {
  it('says nothing over a moving picture', () => {
    expect(watchView({ name: 'playing' })).toEqual({ kind: 'clear' });
  });

  it('distinguishes a first connection from one that broke', () => {
    expect(watchView({ name: 'connecting' })).toMatchObject({ kind: 'busy', title: 'Connecting' });
    expect(watchView({ name: 'buffering', problem: away })).toMatchObject({
      title: 'Reconnecting',
      text: away.message,
    });
  });

  it('offers a retry only where the player has given up and another attempt can help', () => {
    const retryOf = (state: PlayerState) => {
      const view = watchView(state);
      return view.kind === 'message' && view.retry;
    };
    expect(retryOf({ name: 'failed', problem: { ...away, reason: 'media' }, retry: 'never' })).toBe(true);
    expect(retryOf({ name: 'failed', problem: { ...away, reason: 'unsupported' }, retry: 'never' })).toBe(
      false,
    );
    expect(retryOf({ name: 'failed', problem: { ...away, reason: 'deleted' }, retry: 'slowly' })).toBe(false);
    expect(retryOf({ name: 'ended' })).toBe(false);
  });

  it('offers the way to the live edge to those who are behind it, and not while nothing can be done', () => {
    expect(needsJump({ name: 'playing' }, 172)).toBe(false);
    expect(needsJump({ name: 'playing' }, 4_000)).toBe(true);
    expect(needsJump({ name: 'paused' }, undefined)).toBe(true);
    expect(needsJump({ name: 'buffering' }, 4_000)).toBe(false);
  });

  it('has words for every state', () => {
    const states: PlayerState[] = [
      { name: 'idle' },
      { name: 'playing' },
      { name: 'paused' },
      { name: 'ended' },
      { name: 'waiting', stream: 'offline' },
      { name: 'waiting', stream: 'starting' },
      { name: 'waiting', stream: 'failed' },
    ];
    for (const state of states) expect(spokenState(watchView(state))).toMatch(/^[A-Z]/);
  });
});
