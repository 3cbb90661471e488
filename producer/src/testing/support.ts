import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ChunkLog, Share } from '@topicast/log';

export const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Real footage if there is some, otherwise a clip made here; says which of the two. */
export async function footage(
  name: string,
  folder: string,
  ffmpeg: string,
): Promise<{ file: string; real: boolean }> {
  const real = path.join(process.env.TOPICAST_TEST_MEDIA ?? '/nonexistent', name);
  if (existsSync(real)) return { file: real, real: true };
  const file = path.join(folder, name);
  const video = name.endsWith('.webm')
    ? ['-c:v', 'libvpx', '-deadline', 'realtime', '-c:a', 'libvorbis']
    : ['-c:v', 'libx264', '-bf', '2', '-g', '150', '-c:a', 'aac'];
  const pictures = ['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=24:duration=5'];
  const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100:duration=5'];
  await promisify(execFile)(ffmpeg, ['-v', 'error', '-y', ...pictures, ...sound, ...video, '-ac', '2', file]);
  return { file, real: false };
}

/** A group of producers in one process, whose only owner of everything the test names. */
export class TestGroup {
  readonly #members = new Map<string, () => void>();
  #owner: string | undefined;

  give(owner: string): void {
    this.#owner = owner;
    for (const tell of this.#members.values()) tell();
  }

  /** The same log, as this member sees it: a member that leaves gives everything to another. */
  logOf(member: string, log: ChunkLog): ChunkLog {
    const share: Share = {
      confirmed: true,
      owns: () => this.#owner === member,
      onChange: (listener) => {
        this.#members.set(member, listener);
        return () => this.#members.delete(member);
      },
      leave: async () => {
        if (this.#owner === member) this.give([...this.#members.keys()].find((id) => id !== member) ?? '');
      },
    };
    return new Proxy(log, {
      get(target, name) {
        if (name === 'share') return async () => share;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}
