import type { StreamState } from '@topicast/contracts/server-message';
import type { PlayerState, Problem } from './types.js';

/** The connection to the gateway, as its owner sees it. */
export type LinkState =
  | { readonly status: 'connecting' }
  | { readonly status: 'open' }
  | { readonly status: 'retrying'; readonly problem: Problem; readonly retry: 'soon' | 'slowly' }
  | { readonly status: 'failed'; readonly problem: Problem };

/**
 * The picture: none yet, moving, standing still because data is missing, or standing still because the stream has only
 * sound at present.
 */
export type PictureState = 'none' | 'moving' | 'standing' | 'pausing';

/** Everything that the player's state depends on. */
export interface PlayerFacts {
  /** `resting`: playing, as soon as that is possible or of use again. */
  readonly intent: 'stopped' | 'playing' | 'paused' | 'resting';
  readonly link: LinkState;
  /** The gateway's last report about this stream; absent before the first one. */
  readonly stream?: StreamState;
  readonly picture: PictureState;
}

export function derivePlayerState({ intent, link, stream, picture }: PlayerFacts): PlayerState {
  if (intent === 'stopped') return { name: 'idle' };
  if (link.status === 'failed') return { name: 'failed', problem: link.problem, retry: 'never' };
  if (intent === 'paused') return { name: 'paused' };
  if (intent === 'resting') return { name: 'paused', continues: true };
  if (link.status === 'retrying' && link.retry === 'slowly') {
    return { name: 'failed', problem: link.problem, retry: 'slowly' };
  }
  const isOpen = link.status === 'open';
  if (picture === 'moving' || (picture === 'pausing' && isOpen && stream === 'live'))
    return { name: 'playing' };
  if (isOpen && stream && stream !== 'live') {
    return picture !== 'none' && stream === 'offline' ? { name: 'ended' } : { name: 'waiting', stream };
  }
  const problem = link.status === 'retrying' ? { problem: link.problem } : {};
  return picture === 'none' ? { name: 'connecting', ...problem } : { name: 'buffering', ...problem };
}
