import type { StreamHappening } from '@topicast/contracts/stream-event';
import type { StreamStatus } from '@topicast/contracts/tables';

type Told = Pick<StreamStatus, 'state' | 'problem' | 'producer' | 'awaySince'>;

/** What a change of a stream's status means for its owner; undefined: nothing new. */
export function happeningOf(before: Told, after: Told): StreamHappening | undefined {
  if (before.state === 'live' && after.state === 'live') {
    const [wasAway, isAway] = [before.awaySince !== undefined, after.awaySince !== undefined];
    return wasAway === isAway ? undefined : { kind: isAway ? 'away' : 'back' };
  }
  if (before.state === after.state) return undefined;
  const problem = after.problem && { problem: after.problem };
  switch (after.state) {
    case 'live':
      return { kind: 'live', producer: after.producer };
    case 'failed':
      return { kind: 'failed', ...problem };
    case 'starting':
      return before.state === 'live' ? { kind: 'lost', ...problem } : undefined;
    case 'offline':
      return undefined;
  }
}
