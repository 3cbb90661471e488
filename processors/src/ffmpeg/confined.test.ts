import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { expect, it, vi } from 'vitest';
import { takePicture } from '../thumbnails/picture.js';
import { startConfined } from './confined.js';

// What Node.js does when the process has no file descriptors left (seen with 20.20): no pipes, and an error later.
vi.mock('node:child_process', () => ({
  spawn: (): ChildProcess => {
    const child = new EventEmitter() as ChildProcess;
    setImmediate(() => child.emit('error', Object.assign(new Error('spawn EMFILE'), { code: 'EMFILE' })));
    return child;
  },
}));

it('a process with too many open files takes no pictures, and goes on', async () => {
  expect(() => startConfined('ffmpeg', [], 1)).toThrow('too many open files');
  const { signal } = new AbortController();
  expect(await takePicture(new Uint8Array(188), 'ffmpeg', signal)).toBeUndefined();
  // An error that nobody listens to would be thrown by now.
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
});
