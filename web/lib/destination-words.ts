import type { DestinationHealth } from '@topicast/contracts/destination';
import type { StreamState } from '@topicast/contracts/server-message';
import { formatBitrate, plural } from './format';

/** How a destination is, for its operator. */
export interface DestinationWords {
  readonly label: string;
  /** Which state of a stream it looks like. */
  readonly tone: StreamState;
  /** Figures, one after the other. */
  readonly facts: readonly string[];
  readonly problem: string | undefined;
}

const LABELS: Record<DestinationHealth['state'], { readonly label: string; readonly tone: StreamState }> = {
  off: { label: 'Off air', tone: 'offline' },
  connecting: { label: 'Connecting', tone: 'starting' },
  live: { label: 'LIVE', tone: 'live' },
  waiting: { label: 'Trying again', tone: 'failed' },
  failed: { label: 'Failed', tone: 'failed' },
};
/** Less is what any connection has under way. */
const MUCH_BYTES = 1_000_000;

export function destinationWords(health: DestinationHealth): DestinationWords {
  const dropped = health.droppedPictures;
  const facts = [
    ...(health.state === 'live' && health.bitrate > 0 ? [formatBitrate(health.bitrate)] : []),
    ...(health.state === 'live' && health.unsentBytes > MUCH_BYTES ? ['it reads slowly'] : []),
    ...(health.attempts > 1 ? [plural(health.attempts, 'connection')] : []),
    ...(dropped > 0 ? [`${plural(dropped, 'picture')} left out`] : []),
  ];
  // Nobody says when it is tried again.
  const isLeft = health.state === 'waiting' && health.until === undefined;
  return {
    ...LABELS[health.state],
    ...(isLeft && { label: 'Not sent' }),
    facts,
    problem: 'problem' in health ? health.problem : undefined,
  };
}
