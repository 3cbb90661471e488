import { copyFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Source } from '@topicast/contracts/http';
import type { StreamStatus } from '@topicast/contracts/tables';
import { audioOf, videoOf } from '@topicast/contracts/tracks';
import { milliseconds } from '@topicast/contracts/units';
import type { Chunk } from '@topicast/media/mpegts';
import { footage } from '@topicast/test/footage';
import { until } from '@topicast/test/poll';
import { isRunning } from '@topicast/test/processes';
import { temporaryFolder } from '@topicast/test/temporary';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { filmWithData, klvPacket } from '../../../media/src/testing/data-film.js';
import { readProducerConfig } from '../config.js';
import { findFfmpeg } from '../ffmpeg/find.js';
import { type ProcessGuard, startGuard } from '../ffmpeg/guard.js';
import type { PublishedSession } from '../publish/stream-publisher.js';
import type { SupervisorOptions } from './encoder-settings.js';
import { supervise } from './supervisor.js';

/** A supervisor with a real ffmpeg, and what it did. */
async function setUp(source: Source, change: Partial<SupervisorOptions> = {}) {
  const guard = startGuard();
  const pids: number[] = [];
  const watching: ProcessGuard = {
    watch(child) {
      if (child.pid !== undefined) pids.push(child.pid);
      guard.watch(child);
    },
    close: () => guard.close(),
  };
  const sessions: { session: number; chunks: Chunk[] }[] = [];
  let onRecord: PublishedSession['onRecord'] = () => undefined;
  let status: Partial<StreamStatus> = {};
  const stopping = new AbortController();
  const done = supervise(
    {
      source,
      rules: { trusted: true, mediaDirs: [], allowPrivateUrls: true },
      ffmpeg: await findFfmpeg(process.env.FFMPEG_PATH),
      guard: watching,
      encoding: readProducerConfig({}).encoding,
      logger: pino({ enabled: false }),
      prepare: async () => sessions.at(-1)?.session ?? Date.now() + 3_600_000,
      publisher: {
        beginSession(begun) {
          onRecord = begun.onRecord;
          sessions.push({ session: begun.session, chunks: [] });
        },
        push(rendition, chunk) {
          sessions.at(-1)!.chunks.push(chunk);
          const { session } = sessions.at(-1)!;
          onRecord(rendition, {
            header: { ...chunk, session, sequence: 0, gop: 1, wallClock: milliseconds(0) },
            value: chunk.data,
          });
        },
        lose: () => undefined,
        state: { queued: 0, dropped: 0, trouble: undefined },
      },
      report: (part) => {
        status = { ...status, ...part };
      },
      ...change,
    },
    stopping.signal,
  );
  return {
    ...{ pids, sessions },
    status: () => status,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await done;
      expect(pids.filter(isRunning)).toEqual([]);
      await guard.close();
    },
  };
}

/** A server that accepts connections and says nothing. */
async function silentServer(): Promise<{ port: number } & AsyncDisposable> {
  const server: Server = createServer((socket) => socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' ? address!.port : 0,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

describe('supervise', () => {
  it('brings a killed encoder back, with a higher session', async () => {
    await using setup = await setUp({ kind: 'test' });
    const { sessions, pids, status } = setup;
    await until('a first session', () => (sessions[0]?.chunks.length ?? 0) > 30);
    process.kill(pids[0]!, 'SIGKILL');
    await until('a second session', () => (sessions[1]?.chunks.length ?? 0) > 30);
    expect(sessions[1]!.session).toBeGreaterThan(sessions[0]!.session);
    expect(sessions[1]!.chunks[0]!.keyframe).toBe(true);
    expect(status()).toMatchObject({ state: 'live', restarts: 1, session: sessions[1]!.session });
  });

  it('gives up on a source that says nothing, and tries again', async () => {
    await using server = await silentServer();
    const source: Source = { kind: 'url', url: `rtmp://127.0.0.1:${server.port}/live/x` };
    await using setup = await setUp(source, { silenceMs: { first: 1_000, next: 1_000 } });
    await until('another try', () => setup.status().restarts === 1);
    expect(setup.status()).toMatchObject({
      problem: expect.stringContaining('Nothing comes from the source'),
      state: 'failed',
    });
  });

  it('ends an encoder that is stopped by the system, and starts another', async () => {
    await using setup = await setUp({ kind: 'test' }, { silenceMs: { first: 20_000, next: 1_500 } });
    await until('a first session', () => (setup.sessions[0]?.chunks.length ?? 0) > 10);
    process.kill(setup.pids[0]!, 'SIGSTOP');
    await until('a second session', () => (setup.sessions[1]?.chunks.length ?? 0) > 10);
    expect(isRunning(setup.pids[0]!)).toBe(false);
  });

  it('ends an encoder of which one output hangs while the others go on, and says which', async () => {
    using folder = temporaryFolder();
    const ffmpeg = await findFfmpeg(process.env.FFMPEG_PATH);
    // What comes of the second output after the first seconds is thrown away.
    const wrapper = path.join(folder.path, 'ffmpeg');
    const script = `#!/bin/sh\nmkfifo ${folder.path}/pipe.$$\n(head -c 60000 >&4; cat >/dev/null) <${folder.path}/pipe.$$ &\nexec ${ffmpeg.path} "$@" 4>${folder.path}/pipe.$$\n`;
    await writeFile(wrapper, script, { mode: 0o755 });
    const problems = new Set<string | undefined>();
    await using setup = await setUp(
      { kind: 'test' },
      {
        ladder: [{ height: 360 }, { height: 180 }],
        ffmpeg: { ...ffmpeg, path: wrapper },
        silenceMs: { first: 20_000, next: 2_000 },
        report: ({ problem }) => problems.add(problem),
      },
    );
    await until('a second session', () => (setup.sessions[1]?.chunks.length ?? 0) > 10);
    expect(problems).toContain('The encoder gave no more pictures of rendition 1 while the others went on.');
  });

  it('tries a file that is no video again when the file is another one, and not before', async () => {
    using folder = temporaryFolder();
    const ffmpeg = await findFfmpeg(process.env.FFMPEG_PATH);
    const file = footage('flower.mp4', ffmpeg.path).path;
    const film = path.join(folder.path, 'film.mp4');
    await writeFile(film, 'This is no video.\n'.repeat(200));
    await using setup = await setUp({ kind: 'file', path: film });
    const { status, sessions, pids } = setup;
    await until('it has failed', () => status().state === 'failed');
    expect(status().problem).toContain('We try again when the file changes');
    // As long as three tries by time alone would take.
    await sleep(3_000);
    expect(pids).toHaveLength(1);
    await copyFile(file, film);
    await until('the film is streamed', () => (sessions[0]?.chunks.length ?? 0) > 10);
    expect(status()).toMatchObject({ state: 'live', restarts: 1 });
  });

  it('tries a good file again by itself after the machine lacked memory or file descriptors', async () => {
    using folder = temporaryFolder();
    const ffmpeg = await findFfmpeg(process.env.FFMPEG_PATH);
    const file = footage('flower.mp4', ffmpeg.path).path;
    const starved = path.join(folder.path, 'ffmpeg');
    const limits = 'case $(wc -l < "$0.runs") in 1) ulimit -v 20000;; 2) ulimit -n 3;; esac';
    const script = `#!/bin/sh\necho >> "$0.runs"\n${limits}\nexec ${ffmpeg.path} "$@"\n`;
    await writeFile(starved, script, { mode: 0o755 });
    await using setup = await setUp({ kind: 'file', path: file }, { ffmpeg: { ...ffmpeg, path: starved } });
    await until('the film is streamed', () => (setup.sessions.at(-1)?.chunks.length ?? 0) > 10);
    expect(setup.status()).toMatchObject({ state: 'live', restarts: 2 });
  });

  it('sends the sound of all languages if nothing is encoded', async () => {
    using folder = temporaryFolder();
    const ffmpeg = await findFfmpeg(process.env.FFMPEG_PATH);
    const file = footage('flower.mp4', ffmpeg.path).path;
    const { execFileSync } = await import('node:child_process');
    const film = path.join(folder.path, 'languages.mp4');
    const languages = ['-metadata:s:a:0', 'language=deu', '-metadata:s:a:1', 'language=fra'];
    const tracks = ['-map', '0:v', '-map', '0:a', '-map', '0:a', '-c:v', 'copy', '-c:a:0', 'copy'];
    const opus = ['-c:a:1', 'libopus', '-strict', '-2'];
    execFileSync(ffmpeg.path, ['-v', 'error', '-i', file, ...tracks, ...opus, ...languages, film]);
    await using setup = await setUp({ kind: 'file', path: film, copy: true });
    // Longer than the film: the tracks are still there in the second round.
    await until('a round', () => (setup.sessions[0]?.chunks.length ?? 0) > 250);
    const { catalog, restarts } = setup.status();
    const sound = catalog?.renditions[0]?.tracks.filter(({ kind }) => kind === 'audio');
    expect(sound).toMatchObject([
      { codec: 'mp4a.40.2', language: 'deu' },
      { codec: 'opus', language: 'fra' },
    ]);
    expect(restarts).toBe(0);
  });

  it('streams a source that has only sound, and one that has only pictures', async () => {
    using folder = temporaryFolder();
    const ffmpeg = await findFfmpeg(process.env.FFMPEG_PATH);
    const file = footage('flower.mp4', ffmpeg.path).path;
    const { execFileSync } = await import('node:child_process');
    const make = (name: string, ...args: string[]): string => {
      const to = path.join(folder.path, name);
      execFileSync(ffmpeg.path, ['-v', 'error', '-i', file, ...args, '-c', 'copy', to]);
      return to;
    };
    const [sound, pictures] = [make('sound.m4a', '-vn'), make('pictures.mp4', '-an')];
    await using first = await setUp({ kind: 'file', path: sound });
    await using second = await setUp({ kind: 'file', path: pictures });
    const chunks = async (setup: typeof first): Promise<Chunk[]> =>
      until('chunks', () => (setup.sessions[0]?.chunks.length ?? 0) > 40 && setup.sessions[0]!.chunks);
    expect((await chunks(first)).every(({ audioOnly }) => audioOnly)).toBe(true);
    expect((await chunks(second)).some(({ audioOnly }) => audioOnly)).toBe(false);
    const [heard, seen] = [first, second].map((setup) => setup.status().catalog?.renditions[0]);
    expect(videoOf(heard)).toBeUndefined();
    expect(audioOf(heard)?.codec).toBe('mp4a.40.2');
    expect(audioOf(seen)).toBeUndefined();
  });

  it.each([true, false])('sends ID3 and KLV along, and no other data; copy: %s', async (copy) => {
    using folder = temporaryFolder();
    const film = path.join(folder.path, 'film.ts');
    await writeFile(film, filmWithData(3));
    await using setup = await setUp({ kind: 'file', path: film, copy });
    // Longer than the film, which has 90 pictures: the tracks are still there in the second round.
    const chunks = await until('a round', () => {
      const [first] = setup.sessions;
      return first && first.chunks.length > 130 && first.chunks;
    });
    const { catalog, restarts } = setup.status();
    const data = catalog?.renditions[0]?.tracks.filter(({ kind }) => kind === 'data');
    expect(data).toMatchObject([{ format: 'id3' }, { format: 'klv' }]);
    const bytes = Buffer.concat(chunks.map((chunk) => chunk.data));
    for (const second of [0, 1, 2]) expect(bytes.includes(Buffer.from(klvPacket(second)))).toBe(true);
    expect(restarts).toBe(0);
  });

  it('does without a time code track, which MPEG-TS cannot hold', async () => {
    using folder = temporaryFolder();
    const ffmpeg = await findFfmpeg(process.env.FFMPEG_PATH);
    const { execFileSync } = await import('node:child_process');
    const film = path.join(folder.path, 'film.mov');
    const from = ['-i', footage('flower.mp4', ffmpeg.path).path, '-c', 'copy'];
    execFileSync(ffmpeg.path, ['-v', 'error', ...from, '-timecode', '01:00:00:00', film]);
    await using setup = await setUp({ kind: 'file', path: film });
    await until('chunks', () => (setup.sessions[0]?.chunks.length ?? 0) > 40);
    const { catalog, restarts } = setup.status();
    expect(catalog?.renditions[0]?.tracks.map(({ kind }) => kind)).toEqual(['video', 'audio']);
    expect(restarts).toBe(0);
  });
});
