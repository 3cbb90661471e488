import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What a reading process has seen since the last request. */
export interface Sample {
  /** Ms from append to delivery. */
  readonly delays: readonly number[];
  /** Ms from the broker's append time, which is in whole ms, to delivery. */
  readonly readDelays: readonly number[];
  readonly cpuMs: number;
  readonly elapsedMs: number;
}

/** One of our processes in a measurement; it ends when it is disconnected. */
export class Child {
  readonly #process: ChildProcess;

  constructor(script: string, args: readonly string[]) {
    this.#process = fork(fileURLToPath(new URL(script, import.meta.url)), args);
  }

  send(message: object | string | number): void {
    this.#process.send(message);
  }

  async answer<T>(): Promise<T> {
    const waiting = new AbortController();
    const { signal } = waiting;
    try {
      const [message] = await Promise.race([
        once(this.#process, 'message', { signal }),
        once(this.#process, 'exit', { signal }).then(([code]) => {
          throw new Error(`a process ended: ${code}`);
        }),
      ]);
      return message as T;
    } finally {
      waiting.abort();
    }
  }

  ask<T>(question: object | string): Promise<T> {
    const answer = this.answer<T>();
    this.send(question);
    return answer;
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.disconnect();
    await gone;
  }
}

/** Somebody else's program, which prints lines. */
export async function* linesOf(command: string, args: readonly string[]): AsyncGenerator<string, void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    let rest = '';
    for await (const text of child.stdout.setEncoding('utf8')) {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
  } finally {
    child.kill();
  }
}

/** CPU that a process has used, in ms; Linux only. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  // utime and stime, the 14th and 15th of all, in ticks of 10 ms.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
