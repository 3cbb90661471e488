import type { BroadcastState, BroadcastStats } from '@topicast/broadcast';
import { formatBitrate, formatFrameRate, formatLatency, formatResolution, plural } from './format';

/** Below it, viewers see that the picture has less than was wished for. */
const MUCH_LESS = 0.7;
/** Firefox on Linux keeps forty pictures in its encoder, whatever it is asked for. */
const MUCH_DELAY_MS = 500;

/** What a streamer sees of what is sent, in the order in which it is shown. */
export function broadcastFacts(stats: BroadcastStats): [name: string, value: string][] {
  const { bitrate, frameRate, delay, dropped } = stats;
  const leftOut = dropped.uplink + dropped.encoder;
  return [
    ['Sent', formatBitrate(bitrate)],
    ['Frame rate', `${formatFrameRate(Math.round(frameRate))} fps`],
    ['Size', formatResolution(stats) ?? '-'],
    ['To the server and back', formatLatency(delay)],
    ['Left out', leftOut === 0 ? 'nothing' : plural(leftOut, 'picture')],
  ];
}

interface Saying {
  readonly tone: 'good' | 'warn' | 'bad' | 'calm';
  readonly words: string;
}

/** How it goes, in one sentence that says what to change. */
export function broadcastSaying(
  state: BroadcastState,
  stats: BroadcastStats | undefined,
  before: BroadcastStats | undefined,
): Saying {
  switch (state.at) {
    case 'connecting':
      return { tone: 'calm', words: 'Connecting to the server…' };
    case 'waiting':
      return { tone: 'warn', words: `${state.words} It is tried again by itself; keep this page open.` };
    case 'ended':
      return { tone: 'bad', words: state.words };
    case 'on air':
      return { tone: 'good', words: 'You are on air.', ...warning(stats, before) };
  }
}

/** @param before what was known some seconds ago */
function warning(stats: BroadcastStats | undefined, before: BroadcastStats | undefined): Saying | undefined {
  if (!stats) return undefined;
  const { pictureBitrate, ceiling, dropped, encodeDelay, frameRate } = stats;
  if (before && dropped.uplink > before.dropped.uplink) {
    return {
      tone: 'warn',
      words:
        'You are on air, but your uplink does not carry the picture: choose a smaller size, or a better network.',
    };
  }
  if (before && dropped.encoder > before.dropped.encoder) {
    return {
      tone: 'warn',
      words:
        'You are on air, but this machine encodes too slowly: choose a smaller size, or close other programs.',
    };
  }
  // Before the first picture, there is no delay either.
  if (frameRate === 0 && encodeDelay > 0) {
    return {
      tone: 'bad',
      words: 'You are connected, but no picture is sent: turn the camera on again, or choose a screen.',
    };
  }
  if (encodeDelay > MUCH_DELAY_MS) {
    return {
      tone: 'warn',
      words: `You are on air, but this browser holds each picture back for ${formatLatency(encodeDelay)} while it encodes: Chrome and Edge send it at once.`,
    };
  }
  if (pictureBitrate < ceiling * MUCH_LESS) {
    return {
      tone: 'warn',
      words: `You are on air. Your uplink is slow, so the picture is sent with ${formatBitrate(pictureBitrate)} instead of ${formatBitrate(ceiling)}.`,
    };
  }
  return undefined;
}
