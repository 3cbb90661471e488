/** Numbers as people read them. Pure, and the same on the server and in the browser (English only). */
export { codecName } from '@topicast/contracts/codec-name';

/** `172 ms`, and from ten seconds on `12 s`. */
export function formatLatency(ms: number): string {
  if (!Number.isFinite(ms)) return '-';
  const shown = Math.max(0, ms);
  if (shown < 1_000) return `${Math.round(shown)} ms`;
  return shown < 9_950 ? `${(shown / 1_000).toFixed(1)} s` : `${Math.round(shown / 1_000)} s`;
}

/** Bits a second: `850 kbit/s`, `3.1 Mbit/s`. */
export function formatBitrate(bitsPerSecond: number): string {
  if (bitsPerSecond < 999_500) return `${Math.round(bitsPerSecond / 1_000)} kbit/s`;
  const mega = bitsPerSecond / 1_000_000;
  return `${mega < 99.95 ? mega.toFixed(1) : Math.round(mega)} Mbit/s`;
}

/** `29.97`, `30`. */
export const formatFrameRate = (framesPerSecond: number): string =>
  String(Math.round(framesPerSecond * 100) / 100);

const THOUSAND = 1_000;
/** `7`, `1.2K`, `3.4M`. */
export function formatCount(count: number): string {
  if (count < THOUSAND) return String(count);
  const [divisor, suffix] = count < 999_950 ? [THOUSAND, 'K'] : [THOUSAND * THOUSAND, 'M'];
  return `${(count / divisor).toFixed(1).replace(/\.0$/, '')}${suffix}`;
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** A duration to two units: `42 s`, `3 min 5 s`, `2 h 14 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

interface VideoShape {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly frameRate?: number | undefined;
}

/** `1280 × 720`, or undefined if unknown. */
export const formatResolution = ({ width, height }: VideoShape): string | undefined =>
  width && height ? `${width} × ${height}` : undefined;

/** The short name on a card: `720p30`; a portrait picture is named by its shorter side, as cameras do. */
export function formatQuality({ width, height, frameRate }: VideoShape): string | undefined {
  if (!width || !height) return undefined;
  return `${Math.min(width, height)}p${frameRate ? Math.round(frameRate) : ''}`;
}

/** Of sound, as people say it: LUFS are whole numbers with a minus. */
export const formatLoudness = (lufs: number): string => `${String(Math.round(lufs)).replace('-', '−')} LUFS`;

/** The time of the day here, of a moment in ISO 8601. */
export const formatTime = (moment: string): string => new Date(moment).toLocaleTimeString();
