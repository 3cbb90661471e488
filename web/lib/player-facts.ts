import type { PlayerStats } from '@topicast/player';
import { formatBitrate, formatLatency } from './format';

/** A line of the statistics panel. */
interface Fact {
  readonly name: string;
  readonly value: string;
}

const ms = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : formatLatency(value);

/** What the panel shows, the most important first; unknown values are left out. */
export function playerFacts(stats: PlayerStats): Fact[] {
  const frames = `${stats.framesDecoded} decoded, ${stats.framesDropped} dropped`;
  const lines: [string, string | undefined][] = [
    ['Latency since the encoder', ms(stats.latencyMs)],
    ['Buffer', stats.levelMs === undefined ? undefined : `${ms(stats.levelMs)} of ${ms(stats.targetMs)}`],
    ['Playback rate', `${stats.playbackRate.toFixed(2)}×`],
    ['Received', formatBitrate(stats.bitrate)],
    ['Round trip', ms(stats.roundTripMs)],
    ['First picture after', ms(stats.joinMs)],
    ['Picture', stats.width && stats.height ? `${stats.width} × ${stats.height}` : undefined],
    ['Rendition', renditionFact(stats)],
    ['Frames', frames],
    ['Chunks', `${stats.chunksReceived} in, ${stats.chunksLost} lost, ${stats.chunksSkipped} skipped`],
    ['Stalls, seeks, reconnects', `${stats.stalls}, ${stats.seeks}, ${stats.reconnects}`],
    ['Sound', soundFact(stats)],
    ['Decoding fed from', stats.mediaIn && (stats.mediaIn === 'worker' ? 'a worker' : 'the page')],
  ];
  return lines.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

function soundFact({ soundIn, soundUnderruns = 0, soundOffsetMs }: PlayerStats): string | undefined {
  if (soundIn !== 'worklet') return soundIn && 'with the picture';
  const offset = soundOffsetMs === undefined ? '' : `, ${Math.round(soundOffsetMs)} ms ahead`;
  return `beside the picture${offset}, ${soundUnderruns} gaps`;
}

function renditionFact({ rendition, renditionReason }: PlayerStats): string | undefined {
  if (rendition === undefined || !renditionReason) return rendition?.toString();
  return `${rendition} (${renditionReason})`;
}

/** The points of a line through `values`, oldest first, in a box; the floor of the box is 0. */
export function sparklinePoints(values: readonly number[], width: number, height: number): string {
  const top = Math.max(1, ...values);
  const step = width / Math.max(1, values.length - 1);
  return values
    .map((value, at) => `${(at * step).toFixed(1)},${(height - (value / top) * height).toFixed(1)}`)
    .join(' ');
}
