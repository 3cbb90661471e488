/** A way to encode keyframes. */
export interface Encoding {
  readonly name: string;
  /** ffmpeg's options, given the ceiling of the bitrate and the pictures a second. */
  readonly options: (bitrate: number, pictureRate: number) => readonly string[];
}

const everySeconds = (seconds: number): string[] => [
  ...['-force_key_frames', `expr:gte(t,n_forced*${seconds})`, '-forced-idr', '1'],
  ...['-g', '600', '-sc_threshold', '0'],
];
const buffer = (bits: number): string[] => ['-bufsize', String(Math.round(bits))];
const ofPictures =
  (pictures: number, ...more: readonly string[]): Encoding['options'] =>
  (bitrate, pictureRate) => [...buffer((pictures * bitrate) / pictureRate), ...everySeconds(1), ...more];
const ofASecond =
  (...more: readonly string[]): Encoding['options'] =>
  (bitrate) => [...buffer(bitrate), ...everySeconds(1), ...more];

/** The first one is what the others are compared with. */
export const ENCODINGS: readonly Encoding[] = [
  { name: 'VBV 1 s', options: ofASecond() },
  { name: 'VBV 6 pictures', options: ofPictures(6) },
  { name: 'VBV 3 pictures', options: ofPictures(3) },
  { name: 'ipratio 1.1', options: ofASecond('-x264-params', 'ipratio=1.1') },
  { name: 'ipratio 1', options: ofASecond('-x264-params', 'ipratio=1') },
  { name: 'ipratio 0.8', options: ofASecond('-x264-params', 'ipratio=0.8') },
  { name: 'ipratio 1, VBV 6', options: ofPictures(6, '-x264-params', 'ipratio=1') },
  {
    name: 'intra refresh',
    // No IDR picture but the first one: the refresh takes the place of the keyframe.
    options: (bitrate, pictureRate) => [
      ...[...buffer((6 * bitrate) / pictureRate), '-g', String(Math.round(pictureRate))],
      ...['-intra-refresh', '1', '-sc_threshold', '0'],
    ],
  },
  { name: 'GOP 2 s', options: (bitrate) => [...buffer(bitrate), ...everySeconds(2)] },
];
