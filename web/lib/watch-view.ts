import type { PlayerState } from '@topicast/player';

/** What is shown over the picture. `busy`: something is under way, and nobody has to do anything. */
export type WatchView =
  | { readonly kind: 'clear' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'busy'; readonly title: string; readonly text?: string }
  | { readonly kind: 'message'; readonly title: string; readonly text: string; readonly retry: boolean };

/** The player's state in words for a viewer. */
export function watchView(state: PlayerState): WatchView {
  switch (state.name) {
    case 'playing':
      return { kind: 'clear' };
    case 'paused':
      return { kind: 'paused' };
    case 'idle':
      return { kind: 'busy', title: 'Connecting' };
    case 'connecting':
      return state.problem
        ? { kind: 'busy', title: 'Connecting again', text: state.problem.message }
        : { kind: 'busy', title: 'Connecting' };
    case 'buffering':
      return state.problem
        ? { kind: 'busy', title: 'Reconnecting', text: state.problem.message }
        : { kind: 'busy', title: 'Waiting for the picture' };
    case 'waiting':
      return WAITING[state.stream];
    case 'ended':
      return {
        kind: 'message',
        title: 'The stream has ended',
        text: 'It plays by itself when it is on air again.',
        retry: false,
      };
    case 'failed':
      return failedView(state);
  }
}

const WAITING: Readonly<Record<'offline' | 'starting' | 'failed', WatchView>> = {
  starting: { kind: 'busy', title: 'Starting', text: 'The encoder is on its way.' },
  offline: {
    kind: 'message',
    title: 'Off air',
    text: 'Stay here: it plays by itself as soon as the stream is on air.',
    retry: false,
  },
  failed: {
    kind: 'message',
    title: 'The encoder has a problem',
    text: 'The picture comes by itself when the encoder is back.',
    retry: false,
  },
};

function failedView({ problem, retry }: Extract<PlayerState, { name: 'failed' }>): WatchView {
  switch (problem.reason) {
    case 'unknown-stream':
      return {
        kind: 'message',
        title: 'There is no such stream yet',
        text: 'When it is created, it plays here.',
        retry: false,
      };
    case 'deleted':
      return {
        kind: 'message',
        title: 'This stream is gone',
        text: 'It was deleted. If it is created again, it plays here.',
        retry: false,
      };
    case 'unsupported':
      return { kind: 'message', title: 'This browser cannot play it', text: problem.message, retry: false };
    default:
      return {
        kind: 'message',
        title: 'It cannot be played',
        text: problem.message,
        retry: retry === 'never',
      };
  }
}

/** Whether the state is worth saying to somebody who does not see it; a wait of some hundred ms is not. */
export const spokenState = (view: WatchView): string => {
  switch (view.kind) {
    case 'clear':
      return 'Playing live';
    case 'paused':
      return 'Paused';
    default:
      return [view.title, view.text].filter(Boolean).join('. ');
  }
};

const BEHIND_MS = 3_000;
/** Whether a way back to the live edge is offered: the picture stands, or is `latencyMs` old, which is too much. */
export const needsJump = (state: PlayerState, latencyMs: number | undefined): boolean =>
  state.name === 'paused' || (state.name === 'playing' && (latencyMs ?? 0) > BEHIND_MS);
