import { createHash } from 'node:crypto';
import { type StreamEvent, wordsOfEvent } from '@topicast/contracts/stream-event';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { LogEvent } from '@topicast/log';

/** What receivers are told. */
export type NoticeKind = 'live' | 'offline' | 'failed' | 'away' | 'back';

/** The body of a webhook. */
export interface Notice {
  /** The same in each repeat. */
  readonly id: string;
  /** When it happened, wall clock: ms since the epoch. */
  readonly at: number;
  readonly event: NoticeKind;
  readonly stream: StreamId;
  /** Absent once the stream is deleted. */
  readonly title?: string | undefined;
  /** One sentence. */
  readonly words: string;
  /** Why it is offline. */
  readonly why?: 'left' | 'stopped' | 'deleted' | 'lost';
  /** What was wrong, in words for the streamer. */
  readonly problem?: string | undefined;
}

/** Undefined for what is of no interest to receivers. */
export function noticeOf(
  { offset, event }: LogEvent<StreamEvent>,
  stream: StreamId,
  title: string | undefined,
): Notice | undefined {
  const about = aboutOf(event);
  if (!about) return undefined;
  const { at, kind } = event;
  return { id: idOf([offset, at, kind, stream]), at, stream, title, words: wordsOfEvent(event), ...about };
}

function aboutOf(event: StreamEvent): Pick<Notice, 'event' | 'why' | 'problem'> | undefined {
  switch (event.kind) {
    case 'live':
    case 'away':
    case 'back':
      return { event: event.kind };
    case 'failed':
      return { event: 'failed', problem: event.problem };
    case 'stopped':
    case 'deleted':
      return { event: 'offline', why: event.kind };
    case 'left':
    case 'lost':
      return { event: 'offline', why: event.kind, problem: event.problem };
    default:
      return undefined;
  }
}

/** From the event alone, so that another process gives it the same. A topic that is made anew counts from 0 again. */
const idOf = (parts: readonly (string | number)[]): string =>
  `msg_${createHash('sha256').update(parts.join(' ')).digest('hex').slice(0, 32)}`;
