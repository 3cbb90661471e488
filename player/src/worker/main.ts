import { workerHasMedia } from '../mse/open-media.js';
import type { ToPage, ToWorker } from './messages.js';
import { Session } from './session.js';

declare const self: DedicatedWorkerGlobalScope;

let session: Session | undefined;

const post = (message: ToPage, transfer: Transferable[] = []): void => self.postMessage(message, transfer);

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === 'start') session = new Session(data, post);
  else session?.receive(data);
};
post({ type: 'ready', hasMedia: workerHasMedia() });
