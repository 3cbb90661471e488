import { workerHasMedia } from '../mse/open-media.js';
import type { ToPage, ToWorker } from './messages.js';
import { canDecodeSound } from './sound.js';
import { Viewing } from './viewing.js';

declare const self: DedicatedWorkerGlobalScope;

let viewing: Viewing | undefined;

const post = (message: ToPage, transfer: Transferable[] = []): void => self.postMessage(message, transfer);

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === 'start') viewing = new Viewing(data, post);
  else viewing?.receive(data);
};
post({ type: 'ready', hasMedia: workerHasMedia(), decodesSound: canDecodeSound() });
