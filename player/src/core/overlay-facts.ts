import type { LatencyParts, PlayerStats, TraceSample } from './types.js';

/** A graph of the last minute. Values are undefined where nothing is known. */
export interface Graph {
  readonly name: string;
  /** What it is now. */
  readonly value: string;
  readonly values: readonly (number | undefined)[];
  /** A dashed line to compare with. */
  readonly aims?: readonly (number | undefined)[];
  /** Indexes at which the rendition changed. */
  readonly marks?: readonly number[];
}

export interface Fact {
  readonly name: string;
  readonly value: string;
  /** Something that a viewer has noticed, or might. */
  readonly isBad?: boolean;
}

export interface Part {
  readonly name: string;
  readonly ms: number;
}

const PART_NAMES: Readonly<Record<keyof LatencyParts, string>> = {
  encoderMs: 'encoder',
  logMs: 'log',
  networkMs: 'network',
  deliveryMs: 'delivery',
  bufferMs: 'buffer',
  screenMs: 'screen',
};

/** In the order of the way. */
export const partsOf = (parts: LatencyParts): Part[] =>
  Object.entries(PART_NAMES).flatMap(([key, name]) => {
    const ms = parts[key as keyof LatencyParts];
    return ms === undefined ? [] : [{ name, ms }];
  });

export const formatMs = (ms: number | undefined): string =>
  ms === undefined ? '–' : ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

export const formatBitrate = (bits: number): string =>
  bits < 1e6 ? `${Math.round(bits / 1e3)} kbit/s` : `${(bits / 1e6).toFixed(1)} Mbit/s`;

export function graphsOf(samples: readonly TraceSample[]): Graph[] {
  const now = samples.at(-1);
  if (!now) return [];
  const { latencyMs, levelMs, targetMs, bitrate } = now.stats;
  const of = (read: (stats: PlayerStats) => number | undefined) => samples.map(({ stats }) => read(stats));
  return [
    {
      name: 'Latency',
      value: formatMs(latencyMs),
      values: of((stats) => stats.latencyMs),
      aims: of(aimedLatency),
    },
    {
      name: 'Buffer',
      value: levelMs === undefined ? '–' : `${Math.round(levelMs)} of ${formatMs(targetMs)}`,
      values: of((stats) => stats.levelMs),
      aims: of((stats) => stats.targetMs),
    },
    {
      name: 'Arrival',
      value: formatMs(now.arrivalMs),
      values: samples.map(({ arrivalMs }) => arrivalMs),
    },
    {
      name: 'Bitrate',
      value: formatBitrate(bitrate),
      values: of((stats) => stats.bitrate),
      marks: samples.flatMap(({ stats }, at) => {
        const before = samples[at - 1]?.stats.rendition;
        return before !== undefined && before !== stats.rendition ? [at] : [];
      }),
    },
  ];
}

/** What it would be if the buffer were at its target. */
const aimedLatency = ({ latencyMs, levelMs, targetMs }: PlayerStats): number | undefined =>
  latencyMs === undefined || levelMs === undefined ? undefined : latencyMs - levelMs + targetMs;

export function factsOf(stats: PlayerStats): Fact[] {
  const count = (name: string, value: number): Fact => ({ name, value: String(value), isBad: value > 0 });
  return [
    count('Freezes', stats.stalls),
    count('Lost', stats.chunksLost),
    count('Skipped', stats.chunksSkipped),
    count('Dropped', stats.framesDropped),
    count('Seeks', stats.seeks),
    count('Reconnects', stats.reconnects),
    { name: 'Rate', value: `${stats.playbackRate.toFixed(2)}×` },
    { name: 'Round trip', value: formatMs(stats.roundTripMs) },
    { name: 'Lip sync', value: lipSync(stats) },
    ...groupFacts(stats),
  ];
}

/** The group that is in step: how far behind it has agreed to be, and how far this player is from that. */
function groupFacts({ syncDelayMs, syncOffsetMs, syncMembers }: PlayerStats): Fact[] {
  if (syncMembers === undefined) return [];
  const offset = syncOffsetMs === undefined ? 'alone' : `${Math.round(syncOffsetMs)} ms`;
  return [
    { name: 'Group', value: String(syncMembers) },
    { name: 'Delay', value: formatMs(syncDelayMs) },
    { name: 'Off', value: offset },
  ];
}

function lipSync({ soundIn, soundOffsetMs }: PlayerStats): string {
  if (soundIn !== 'worklet') return soundIn ? 'in step' : 'no sound';
  if (soundOffsetMs === undefined) return 'muted';
  const ms = Math.round(soundOffsetMs);
  return ms === 0 ? '0 ms' : `${Math.abs(ms)} ms ${ms > 0 ? 'early' : 'late'}`;
}

/** In one line: what plays, and why it is not better. */
export function pictureOf({ width, height, rendition, renditionReason, mediaIn }: PlayerStats): string {
  const size = width && height ? [`${width} × ${height}`] : [];
  const reason = renditionReason ? ` (${renditionReason})` : '';
  const which = rendition === undefined ? [] : [`rendition ${rendition}${reason}`];
  return [...size, ...which, ...(mediaIn ? [`fed from the ${mediaIn}`] : [])].join(' · ');
}

/** The most important in one line, where there is no room. */
export function shortLine({ latencyMs, levelMs, bitrate, stalls }: PlayerStats): string {
  const freezes = stalls === 1 ? '1 freeze' : `${stalls} freezes`;
  return `${formatMs(latencyMs)} · buffer ${formatMs(levelMs)} · ${formatBitrate(bitrate)} · ${freezes}`;
}
