import type { Milliseconds } from '@topicast/contracts/units';
import type { Listening } from '@topicast/ingest';
import type { Logger } from 'pino';
import type { Ffmpeg } from '../../ffmpeg/find.js';
import type { ProcessGuard } from '../../ffmpeg/guard.js';
import { startFfmpeg } from '../../ffmpeg/process.js';

/** What libsrt says of a caller with another passphrase. */
const WRONG_PASSPHRASE = /Incorrect passphrase|BADSECRET/;
/** What ffmpeg says of a port that another program has. */
const PORT_IS_TAKEN = /Address already in use|unable to create\/configure SRT socket/;
const WORDS_EVERY_MS = 10_000;

export interface SrtPlace {
  readonly host: string;
  readonly port: number;
  /** Of ours; it is never logged, nor is a line of ffmpeg, which repeats addresses. */
  readonly passphrase: string;
  /** What SRT may take to repeat what was lost. */
  readonly latency: Milliseconds;
}

interface SrtTools {
  readonly ffmpeg: Pick<Ffmpeg, 'path'>;
  readonly guard: ProcessGuard;
  /** Names the stream in each line. */
  readonly logger: Logger;
}

/** ffmpeg as an SRT listener: it passes on the bytes that a caller sends, whatever they are. */
export function listenForSrt(
  place: SrtPlace,
  { ffmpeg, guard, logger }: SrtTools,
  onBytes: (bytes: Uint8Array) => void,
): Listening {
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (words: string): void => {
    if (performance.now() - toldAt < WORDS_EVERY_MS) return;
    toldAt = performance.now();
    logger.warn({ port: place.port }, words);
  };
  const child = startFfmpeg({
    path: ffmpeg.path,
    args: srtArguments(place),
    guard,
    onOutput: onBytes,
    onLine: (line) => {
      if (WRONG_PASSPHRASE.test(line))
        tell('an encoder came by SRT with a wrong passphrase, and was refused');
      else if (PORT_IS_TAKEN.test(line)) tell('the port for SRT cannot be had: is it another program’s?');
    },
  });
  return { ended: child.exited, pause: child.pause, resume: child.resume, end: child.end };
}

export const srtArguments = ({ host, port, passphrase, latency }: SrtPlace): string[] => [
  ...['-nostdin', '-nostats', '-hide_banner', '-loglevel', 'warning'],
  ...['-protocol_whitelist', 'srt', '-probesize', '32', '-f', 'data'],
  '-i',
  `srt://${host}:${port}?mode=listener&passphrase=${passphrase}&pbkeylen=16&latency=${latency * 1_000}`,
  ...['-map', '0', '-c', 'copy', '-flush_packets', '1', '-f', 'data', 'pipe:1'],
];
