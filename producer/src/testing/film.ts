import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, existsSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { temporaryFolder } from '@topicast/test/temporary';
import { findFfmpeg } from '../ffmpeg/find.js';
import { httpServer, type KeyPair, PUBLIC_ADDRESS } from './source-servers.js';

const bundled = (createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg') as { path: string }).path;
/** The ffmpeg of this machine, and the one of 2018 that comes with the dependencies. */
export const FFMPEGS = await Promise.all([findFfmpeg(process.env.FFMPEG_PATH), findFfmpeg(bundled)]);

export type Answers = Record<string, string | ((response: ServerResponse) => unknown)>;

export interface Film extends Disposable {
  /** The path of `film.ts`, `film.mp4`, `film.m3u8`, `secret.m3u8` (encrypted) or `film.mpd`. */
  readonly at: (name: string) => string;
  /** Serves the files, with ranges, except those that the test answers itself. */
  readonly serve: (own?: Answers) => (request: IncomingMessage, response: ServerResponse) => unknown;
}

/** Six seconds of pictures and sound in several containers. */
export async function makeFilm(): Promise<Film> {
  const folder = temporaryFolder();
  const at = (name: string): string => path.join(folder.path, name);
  const make = (...args: string[]): unknown =>
    execFileSync(
      FFMPEGS[0]!.path,
      [
        ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=6'],
        ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=6'],
        ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-c:a', 'aac', '-ac', '2', ...args],
      ],
      { cwd: folder.path },
    );
  make('-f', 'mpegts', 'film.ts');
  // Its index is at its end: it cannot be read without seeking.
  make('film.mp4');
  make('-f', 'hls', '-hls_time', '1', '-hls_list_size', '0', 'film.m3u8');
  // With a key: its name in the playlist, and where it is.
  writeFileSync(at('film.key'), randomBytes(16));
  writeFileSync(at('key-info'), `film.key\n${at('film.key')}\n`);
  const encrypted = ['-hls_segment_filename', 'secret%d.ts', '-hls_key_info_file', 'key-info', 'secret.m3u8'];
  make('-f', 'hls', '-hls_time', '1', '-hls_list_size', '0', ...encrypted);
  make('-f', 'dash', '-seg_duration', '1', 'film.mpd');
  const serve: Film['serve'] =
    (own = {}) =>
    (request: IncomingMessage, response: ServerResponse): unknown => {
      const name = (request.url ?? '').slice(1).replace(/\?.*/, '');
      const said = own[name];
      if (typeof said === 'function') return said(response);
      if (said !== undefined) return response.end(said);
      if (!existsSync(at(name))) return response.writeHead(404).end();
      const { size } = statSync(at(name));
      const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(206, {
        'content-length': size - start,
        'content-range': `bytes ${start}-${size - 1}/${size}`,
        'accept-ranges': 'bytes',
      });
      return createReadStream(at(name), { start }).pipe(response);
    };
  return { at, serve, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/** An ffmpeg that serves the film to one client at a free port of the public address. */
export async function ffmpegServing(
  film: Film,
  format: string,
  output: (address: string) => string[],
): Promise<{ readonly port: number } & AsyncDisposable> {
  const { port, [Symbol.asyncDispose]: free } = await httpServer(() => undefined);
  await free();
  const input = [
    '-re',
    '-stream_loop',
    '-1',
    '-i',
    film.at('film.ts'),
    '-c',
    'copy',
    '-bsf:a',
    'aac_adtstoasc',
  ];
  const copied = format === 'flv' ? input : input.slice(0, -2);
  const child = spawn(
    FFMPEGS[0]!.path,
    ['-v', 'error', ...copied, '-f', format, ...output(`${PUBLIC_ADDRESS}:${port}`)],
    {
      stdio: 'ignore',
    },
  );
  const ended = once(child, 'exit');
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A key, and a certificate for public.example that it signed itself. */
export function certificate(): KeyPair {
  const args = [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-keyout', '-', '-subj', '/CN=test', '-addext', 'subjectAltName=DNS:public.example'],
  ];
  const pem = execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  const [key = '', cert = ''] = pem.split(/(?=-----BEGIN CERTIFICATE)/);
  return { key, cert };
}
