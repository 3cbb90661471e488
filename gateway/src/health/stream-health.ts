import { diagnose } from '@topicast/contracts/diagnosis';
import type { StreamInfo } from '@topicast/contracts/http';
import { HEALTH_EVERY, type LatencyPart, type StreamHealth } from '@topicast/contracts/stream-health';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';
import type { History, Newest } from './history.js';

/** How a stream goes, as the API tells it. */
export function streamHealth(
  info: StreamInfo,
  history: History,
  { since, now }: { readonly since: Milliseconds; readonly now: Milliseconds },
): StreamHealth {
  const newest = history.newest(now);
  const { catalog, startedAt, state, analysis, awaySince, encoding } = info;
  const isSoundOff = encoding?.sound === 'off';
  const liveFor =
    startedAt === undefined ? Milliseconds.zero : Milliseconds.sub(now, milliseconds(Date.parse(startedAt)));
  return {
    every: HEALTH_EVERY,
    columns: history.columns(since, now),
    newest,
    latency: latencyParts(newest),
    findings:
      state === 'live'
        ? diagnose({ catalog, liveFor, analysis, isSoundOff, isAway: awaySince !== undefined, ...newest })
        : [],
  };
}

/**
 * From the encoder to the screen, in order. Pictures carry no mark of when they were taken, so the encoder's own delay
 * is not known; and what a player keeps in hand is known to the player alone.
 */
function latencyParts({ producer, audience }: Newest): LatencyPart[] {
  const part = (name: LatencyPart['name'], ms: number | undefined): LatencyPart =>
    ms === undefined ? { name } : { name, ms: Math.max(0, Math.round(ms * 10) / 10) };
  const trip = audience?.roundTrip?.p50;
  return [
    part('encoder', undefined),
    part('arrival', producer?.late?.p50),
    part('chunker', producer?.queued),
    part('log', producer?.append?.p50),
    part('gateway', audience?.log),
    part('network', trip === undefined ? undefined : trip / 2),
    part('buffer', undefined),
  ];
}
