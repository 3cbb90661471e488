import { inTime } from './in-time.js';

/**
 * The address of the program that merges two connections, for the worker; undefined if it does not load.
 * @param workerSrc a page that has its own copy of the worker has one of its programs beside it
 */
export async function waysProgram(workerSrc: string | undefined): Promise<string | undefined> {
  if (workerSrc) return besideWorker('ways.js', workerSrc);
  const script = await inTime(import('./ways-program.js'));
  if (!script) console.warn('topicast-player: there is one connection only: a script does not load');
  return script?.waysProgram();
}

export const besideWorker = (name: string, workerSrc: string): string =>
  new URL(name, new URL(workerSrc, document.baseURI)).href;
