import { join } from 'node:path';
import { streamId } from '@topicast/contracts/stream-id';
import { openEmbeddedLog } from '@topicast/log/embedded';
import { freePorts } from '@topicast/test/free-ports';
import { until } from '@topicast/test/poll';
import { smallDisk } from '@topicast/test/small-disk';
import { temporaryFolder } from '@topicast/test/temporary';
import { startHelper } from './child-process.js';
import { Acknowledgements, readChunks, type Stage } from './stage.js';

const CHUNK_BYTES = 6_000;
const DISK_MEGABYTES = 128;

/** One process with everything in it, and its data on a separate small disk. */
export interface EmbeddedStage extends Stage {
  /** Where the small disk is. */
  readonly disk: string;
}

export async function openEmbeddedStage(): Promise<EmbeddedStage> {
  const folder = temporaryFolder();
  const mounted = smallDisk(DISK_MEGABYTES);
  const disk = mounted.path;
  const picture = streamId('picture');
  const numbered = { stream: streamId('numbers'), session: Date.now(), chunkBytes: CHUNK_BYTES };
  const [port] = await freePorts(1);
  const acknowledgements = new Acknowledgements(numbered);
  const { stream, session, chunkBytes } = numbered;
  const server = await startHelper(
    folder.path,
    'embedded-server.ts',
    [disk, String(port), stream, String(session), String(chunkBytes)],
    acknowledgements.line,
  );
  const close = async (): Promise<void> => {
    await server.end();
    mounted[Symbol.dispose]();
    folder[Symbol.dispose]();
  };
  try {
    await until('the pictures are live', async () => {
      if (!server.isRunning) throw new Error('the server has ended');
      const answer = await fetch(`http://127.0.0.1:${port}/api/streams/${picture}`);
      return ((await answer.json()) as { state?: string }).state === 'live' && acknowledgements.count > 0;
    });
  } catch (cause) {
    const words = server.lastWords();
    await close();
    throw new Error(`the system did not start: ${words}`, { cause });
  }
  return {
    picture,
    numbers: stream,
    disk,
    addresses: (id) => [`ws://127.0.0.1:${port}/live/${id}`],
    services: () => (server.isRunning ? [server] : []),
    async stopPublishing() {
      if (!server.isRunning) throw new Error(`the server has ended: ${server.lastWords()}`);
      server.child.kill('SIGUSR2');
      await until('it has stopped', () => acknowledgements.stopped);
      return acknowledgements.chunks();
    },
    async readPictures(from) {
      await server.end();
      const log = await openEmbeddedLog({ directory: join(disk, 'log') });
      const found = await readChunks(log, picture, from);
      await log.close();
      return found;
    },
    close,
  };
}
