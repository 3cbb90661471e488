import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@topicast/test/temporary';
import type { StreamShape } from './chunk.js';
import type { Memory, Question, ServerChoice, Work } from './server.js';
import type { Load } from './viewers.js';

/** A server that is compared, and how its viewers connect. */
export const MODES = {
  raw: { kind: 'topicast', path: '/live/bench', framing: 'raw' },
  v1: { kind: 'topicast', path: '/live/bench', framing: 'v1' },
  economy: { kind: 'topicast', path: '/live/bench?economy=1', framing: 'raw' },
  'economy-v1': { kind: 'topicast', path: '/live/bench?economy=1', framing: 'v1' },
  naive: { kind: 'naive', path: '/', framing: 'raw' },
  c: { kind: 'c', path: '/', framing: 'raw' },
  'node-media-server': { kind: 'node-media-server', path: '/live/bench.flv', framing: 'flv' },
} as const satisfies Record<string, Pick<Load, 'path' | 'framing'> & { kind: ServerChoice['kind'] | 'c' }>;
export type Mode = keyof typeof MODES;

/** A running server in its own process. */
interface Contender {
  readonly port: number;
  work(): Promise<Work>;
  memory(): Promise<Memory>;
  stop(): Promise<void>;
}

export const childOf = (file: string, argument: unknown, execArgv: string[] = []): ChildProcess =>
  fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(argument)], {
    execArgv,
    // Reports go to standard output, so keep the servers' own output away from it.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });

export async function ask<T>(child: ChildProcess, question: Question | 'report'): Promise<T> {
  child.send(question);
  return (await once(child, 'message'))[0] as T;
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}

export async function startContender(mode: Mode, shape: StreamShape): Promise<Contender> {
  const { kind } = MODES[mode];
  if (kind === 'c') return startLoop(shape);
  const choice: ServerChoice = { kind, shape };
  const child = childOf('./server.js', choice, ['--expose-gc']);
  const [{ port, rtmpPort }] = (await once(child, 'message')) as [{ port: number; rtmpPort?: number }];
  const publisher = rtmpPort === undefined ? undefined : await publishFilm(rtmpPort);
  return {
    port,
    work: () => ask<Work>(child, 'work'),
    memory: () => ask<Memory>(child, 'memory'),
    async stop() {
      publisher?.kill('SIGKILL');
      await end(child);
    },
  };
}

let loop: string | undefined;

/** The C program, or undefined if there is no compiler. */
export function compileLoop(): string | undefined {
  if (loop) return loop;
  const folder = temporaryFolder();
  process.on('exit', () => folder[Symbol.dispose]());
  const source = fileURLToPath(new URL('../../src/fanout/loop.c', import.meta.url));
  for (const compiler of ['cc', 'gcc', 'clang']) {
    const program = path.join(folder.path, 'loop');
    try {
      execFileSync(compiler, ['-O2', '-o', program, source], { stdio: 'ignore' });
      loop = program;
      return program;
    } catch {
      // The next one.
    }
  }
  return undefined;
}

async function startLoop(shape: StreamShape): Promise<Contender> {
  const program = compileLoop();
  if (!program) throw new Error('no C compiler');
  const child = spawn(program, [String(shape.bytes), String(shape.chunksPerSecond)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async (): Promise<string> => String((await lines.next()).value);
  const usage = async () => {
    child.stdin.write('?\n');
    const [cpuMs, residentBytes] = (await line()).split(' ').map(Number) as [number, number];
    return { cpuMs, residentBytes };
  };
  return {
    port: Number(await line()),
    async work() {
      const { cpuMs } = await usage();
      return { cpuMs: { asked: cpuMs, answered: cpuMs } };
    },
    memory: usage,
    async stop() {
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    },
  };
}

let film: string | undefined;

/** A real film of 3 Mbit/s with sound, made once; ffmpeg sends it repeatedly. */
async function publishFilm(rtmpPort: number): Promise<ChildProcess> {
  const ffmpeg = process.env.FFMPEG_PATH || 'ffmpeg';
  if (!film) {
    const folder = temporaryFolder();
    process.on('exit', () => folder[Symbol.dispose]());
    film = path.join(folder.path, 'film.flv');
    const inputs =
      '-f lavfi -i testsrc2=s=1280x720:r=30,noise=alls=20:allf=t -f lavfi -i anoisesrc=r=48000:a=0.1 -t 12';
    const video =
      '-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 30 -b:v 2870k -minrate 2870k -maxrate 2870k -bufsize 400k';
    execFileSync(
      ffmpeg,
      ['-v', 'error', '-nostdin', ...`${inputs} ${video} -c:a aac -b:a 128k`.split(' '), film],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
  }
  const args = `-v error -nostdin -re -stream_loop -1 -i ${film} -c copy -f flv rtmp://127.0.0.1:${rtmpPort}/live/bench`;
  const child = spawn(ffmpeg, args.split(' '), { stdio: 'ignore' });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  if (child.exitCode !== null) throw new Error('ffmpeg could not publish to node-media-server');
  return child;
}
