import type { HealthColumns } from '@topicast/contracts/stream-health';
import { formatBitrate, formatCount, formatFrameRate, formatLatency } from './format';

export type SeriesName = Exclude<keyof HealthColumns, 'time'>;

export interface GraphShape {
  readonly title: string;
  /** What it means, in a few words. */
  readonly hint: string;
  readonly series: readonly { readonly name: SeriesName; readonly label: string; readonly color: string }[];
  readonly format: (value: number) => string;
  /** The axis reaches at least so far. */
  readonly atLeast: number;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const FIRST = 'var(--focus)';
const SECOND = 'var(--warn)';
const one = (name: SeriesName, label = 'Now'): GraphShape['series'] => [{ name, label, color: FIRST }];

/** The graphs of a stream, in the order in which they are shown. */
export const GRAPHS: readonly GraphShape[] = [
  {
    title: 'Bit rate',
    hint: 'best rendition',
    series: one('bitrate'),
    format: formatBitrate,
    atLeast: 500_000,
  },
  {
    title: 'Frame rate',
    hint: 'pictures a second',
    series: one('frameRate'),
    format: (value) => `${formatFrameRate(Math.round(value))} fps`,
    atLeast: 30,
  },
  {
    title: 'Keyframe interval',
    hint: 'viewers join at keyframes',
    series: one('keyframeInterval'),
    format: seconds,
    atLeast: 2_000,
  },
  {
    title: 'Speed',
    hint: '1 is as fast as it is shown',
    series: one('speed'),
    format: (value) => `${value.toFixed(2)} ×`,
    atLeast: 1.2,
  },
  {
    title: 'Late pictures',
    hint: '95 in 100 are at most so late',
    series: one('late'),
    format: formatLatency,
    atLeast: 50,
  },
  {
    title: 'Log delay',
    hint: '95 in 100 writes take at most so long',
    series: one('append'),
    format: formatLatency,
    atLeast: 20,
  },
  {
    title: 'Lost pictures',
    hint: 'never reached the log',
    series: one('dropped'),
    format: formatCount,
    atLeast: 5,
  },
  {
    title: 'Viewers',
    hint: 'on all gateways',
    series: one('viewers'),
    format: (value) => formatCount(Math.round(value)),
    atLeast: 5,
  },
  {
    title: 'Delay to the viewers',
    hint: 'without their buffers; at most, for',
    series: [
      { name: 'delivery50', label: 'half', color: FIRST },
      { name: 'delivery95', label: '95 in 100', color: SECOND },
    ],
    format: formatLatency,
    atLeast: 100,
  },
  {
    title: 'Viewers that stall',
    hint: 'share of all',
    series: one('stalled'),
    format: percent,
    atLeast: 0.2,
  },
];
