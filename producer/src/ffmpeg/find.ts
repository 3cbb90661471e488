import { execFile } from 'node:child_process';
import { access, chmod, constants } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { ConfigError } from '@topicast/contracts/config';
import type { JudgedSource } from '@topicast/sources';

/** An ffmpeg that can do what we need. */
export interface Ffmpeg {
  readonly path: string;
  /** `bundled`: the one among the dependencies, which is old and has no SRT. */
  readonly origin: 'configured' | 'path' | 'bundled';
  readonly version: string;
  /** Major version of libavformat: options were renamed with 59 (ffmpeg 5). */
  readonly libavformat: number;
  readonly protocols: ReadonlySet<string>;
  readonly encodesOpus: boolean;
  /** It has the filters that bring pictures of high dynamic range to what all screens show. */
  readonly mapsTones: boolean;
}

/**
 * FFMPEG_PATH, or else the one on PATH if it encodes H.264, or else the one among the dependencies.
 * @throws {ConfigError} if none of them runs.
 */
export async function findFfmpeg(configured: string | undefined): Promise<Ffmpeg> {
  if (configured !== undefined) {
    const found = await examine(configured, 'configured');
    if (found) return found;
    throw new ConfigError(`FFMPEG_PATH: "${configured}" is no ffmpeg with libx264 that can be run`);
  }
  const found = (await examine('ffmpeg', 'path')) ?? (await bundled());
  if (found) return found;
  throw new ConfigError('no ffmpeg with libx264 was found: install ffmpeg, or set FFMPEG_PATH to one');
}

/** Why it cannot open sources of this kind; undefined: it can. */
export const whatItLacks = ({ protocols }: Ffmpeg, source: JudgedSource): string | undefined =>
  source.kind === 'url' && source.protocol === 'srt' && !protocols.has('srt')
    ? 'This ffmpeg was built without SRT: set FFMPEG_PATH to one that has it.'
    : undefined;

const run = promisify(execFile);
const ask = async (path: string, ...question: string[]): Promise<string> =>
  (await run(path, ['-hide_banner', ...question], { timeout: 10_000, maxBuffer: 4_000_000 })).stdout;

async function examine(path: string, origin: Ffmpeg['origin']): Promise<Ffmpeg | undefined> {
  try {
    const [version, protocols, encoder, opus, zscale, tonemap] = await Promise.all([
      ask(path, '-version'),
      ask(path, '-protocols'),
      ask(path, '-h', 'encoder=libx264'),
      ask(path, '-h', 'encoder=libopus'),
      ask(path, '-h', 'filter=zscale'),
      ask(path, '-h', 'filter=tonemap'),
    ]);
    if (!encoder.includes('Encoder libx264')) return undefined;
    return {
      path,
      origin,
      version: /^ffmpeg version (\S+)/.exec(version)?.[1] ?? 'unknown',
      libavformat: Number(/libavformat\s+(\d+)/.exec(version)?.[1] ?? 0),
      protocols: new Set(protocols.split(/\s+/)),
      encodesOpus: opus.includes('Encoder libopus'),
      mapsTones: zscale.includes('Filter zscale') && tonemap.includes('Filter tonemap'),
    };
  } catch {
    return undefined;
  }
}

async function bundled(): Promise<Ffmpeg | undefined> {
  const path = bundledPath();
  if (path === undefined) return undefined;
  try {
    await access(path, constants.X_OK);
  } catch {
    // If packages are installed without their scripts, the binary is not executable.
    await chmod(path, 0o755).catch(() => undefined);
  }
  return examine(path, 'bundled');
}

function bundledPath(): string | undefined {
  try {
    return (createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg') as { path: string }).path;
  } catch {
    return undefined;
  }
}
