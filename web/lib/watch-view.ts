import type { PlayerState } from '@topicast/player';

/** What is shown over the picture. `busy`: something is in progress, and nobody has to do anything. */
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
        text: 'It will play by itself when it is live again.',
        retry: false,
      };
    case 'failed':
      return failedView(state);
  }
}

const WAITING: Readonly<Record<'offline' | 'starting' | 'failed', WatchView>> = {
  starting: { kind: 'busy', title: 'Starting', text: 'The encoder is starting.' },
  offline: {
    kind: 'message',
    title: 'Off air',
    text: 'Stay here: it will play by itself as soon as the stream is live.',
    retry: false,
  },
  failed: {
    kind: 'message',
    title: 'The encoder has a problem',
    text: 'The picture will appear by itself when the encoder is back.',
    retry: false,
  },
};

function failedView({ problem, retry }: Extract<PlayerState, { name: 'failed' }>): WatchView {
  switch (problem.reason) {
    case 'unknown-stream':
      return {
        kind: 'message',
        title: 'There is no such stream yet',
        text: 'It will play here when it is created.',
        retry: false,
      };
    case 'deleted':
      return {
        kind: 'message',
        title: 'This stream is gone',
        text: 'It was deleted. If it is created again, it will play here.',
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

/** Whether to announce the state to people who cannot see it; a wait of some hundred ms is not worth it. */
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
/** Whether to offer a way back to the live edge: the picture stands still, or its age `latencyMs` is too high. */
export const needsJump = (state: PlayerState, latencyMs: number | undefined): boolean =>
  state.name === 'paused' || (state.name === 'playing' && (latencyMs ?? 0) > BEHIND_MS);
