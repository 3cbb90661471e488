import { besideWorker } from './programs.js';

export { ViewerWatch } from './viewer-watch.js';

/** The program of `worker/adaptation.ts` as text, which the bundler adds. */
declare const TOPICAST_ADAPTIVE_SOURCE: string;

let address: string | undefined;

/**
 * Where the workers of all players find it.
 * @param workerSrc a page that has its own copy of the worker has one of its programs beside it
 */
export function adaptiveProgram(workerSrc: string | undefined): string {
  if (workerSrc) return besideWorker('adaptive.js', workerSrc);
  address ??= URL.createObjectURL(new Blob([TOPICAST_ADAPTIVE_SOURCE], { type: 'text/javascript' }));
  return address;
}
