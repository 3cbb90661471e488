import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, realpath, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LogError } from '../chunk-log.js';

export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Make this process the only one that has the folder open. The lock is a listening local socket, which the operating
 * system closes with its process however that ends: no process ids that others take over, nothing to clean up by hand.
 *
 * Everyone first shows a socket of its own and then looks for those of others, so of two that come at once the later
 * one, at least, sees the other. A refused connection means that its owner is gone.
 *
 * @throws {LogError} `locked`
 */
export async function lockFolder(directory: string): Promise<FolderLock> {
  const name = createHash('sha256')
    .update(await realpath(directory))
    .digest('hex')
    .slice(0, 16);
  if (process.platform === 'win32') return lockPipe(`\\\\.\\pipe\\topicast-${name}`, directory);
  const sockets = await socketFolder(directory, name);
  // Two that came at once may both have given way, and one that is just closing needs a moment.
  for (let attempt = 0; attempt < 4; attempt++) {
    const lock = await tryLock(sockets);
    if (lock) return lock;
    await delay(20 + Math.random() * 80);
  }
  throw isLocked(directory);
}

const isLocked = (directory: string): LogError =>
  new LogError(
    'locked',
    `${directory} is in use by another Topicast: stop that one, or use another data folder`,
  );

// sockaddr_un holds 108 bytes on Linux and 104 on macOS.
const MAX_SOCKET_PATH_BYTES = 100;
const SOCKET_NAME_BYTES = 24;

async function socketFolder(directory: string, name: string): Promise<string> {
  const inside = join(directory, 'lock');
  const fits = Buffer.byteLength(inside) + SOCKET_NAME_BYTES <= MAX_SOCKET_PATH_BYTES;
  const folder = fits ? inside : join(tmpdir(), `topicast-${name}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

async function tryLock(folder: string): Promise<FolderLock | undefined> {
  const name = `${randomBytes(6).toString('hex')}.lock`;
  const path = join(folder, name);
  // Renamed only once it listens: a socket that is bound and does not yet listen looks like one of a dead process.
  const draft = `${path}.new`;
  const server = await listen(draft);
  await rename(draft, path);
  const release = async (): Promise<void> => {
    await rm(path, { force: true });
    await new Promise((resolve) => server.close(resolve));
  };
  for (const other of await readdir(folder)) {
    if (!other.endsWith('.lock') || other === name) continue;
    if (await answers(join(folder, other))) {
      await release();
      return undefined;
    }
    await rm(join(folder, other), { force: true });
  }
  return { release };
}

/** Named pipes of Windows have one owner, and end with it. */
async function lockPipe(path: string, directory: string): Promise<FolderLock> {
  const server = await listen(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE' ? isLocked(directory) : error;
  });
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(path, () => resolve(server.unref()));
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
