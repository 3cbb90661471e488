import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { startChildScript } from '@topicast/test/child-script';
import { endWithUs } from '@topicast/test/end-with-us';
import { REPOSITORY } from '@topicast/test/root';

/** A process under test, with its output in a file. */
export interface Service {
  readonly name: string;
  readonly pid: number;
  readonly child: ChildProcess;
  readonly isRunning: boolean;
  /** The end of what it wrote to standard error. */
  lastWords(): string;
  kill(): Promise<void>;
  /** SIGTERM, and SIGKILL if that does not end it. */
  end(): Promise<void>;
}

/** One of the programs of `start`, as built. */
export function startProgram(
  folder: string,
  name: string,
  program: 'gateway' | 'producer',
  environment: Readonly<Record<string, string>>,
): Service {
  const file = join(REPOSITORY, 'start/dist', `${program}.js`);
  const env = { ...process.env, TOPICAST_LOG_LEVEL: 'info', ...environment };
  const child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  return serviceOf(folder, name, child);
}

/** One of the programs beside this file. Its lines on standard output go to `onLine`. */
export async function startHelper(
  folder: string,
  script: string,
  args: readonly string[],
  onLine: (line: string) => void,
  nodeOptions: readonly string[] = [],
): Promise<Service> {
  const child = await startChildScript(join(REPOSITORY, 'test/chaos', script), args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    nodeOptions,
  });
  let rest = '';
  child.stdout!.on('data', (data: Buffer) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop()!;
    for (const line of lines) onLine(line);
  });
  return serviceOf(folder, script, child);
}

const IMPATIENCE_MS = 10_000;

/** Watch over a process, whose standard error goes to a file in the folder. */
export function serviceOf(folder: string, name: string, child: ChildProcess): Service {
  const output = join(folder, `${basename(name)}-${child.pid}.log`);
  child.stderr!.pipe(createWriteStream(output));
  endWithUs(child);
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!isRunning()) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    const impatience = setTimeout(() => child.kill('SIGKILL'), IMPATIENCE_MS);
    await gone;
    clearTimeout(impatience);
  };
  return {
    name,
    pid: child.pid!,
    child,
    get isRunning() {
      return isRunning();
    },
    lastWords: () => readFileSync(output, 'utf8').slice(-3000),
    kill: () => end('SIGKILL'),
    end: () => end('SIGTERM'),
  };
}
