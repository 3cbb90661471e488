import { Broadcast } from './broadcast.js';
import type { ToPage, ToWorker } from './messages.js';

declare const self: DedicatedWorkerGlobalScope;

let broadcast: Broadcast | undefined;
const post = (message: ToPage): void => self.postMessage(message);

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case 'start':
      broadcast = new Broadcast({
        ...data,
        onState: (state) => post({ type: 'state', state }),
        onStats: (stats) => post({ type: 'stats', stats }),
      });
      break;
    case 'picture source':
      broadcast?.setPictures(data.feed, data.mayStandStill);
      break;
    case 'sound source':
      broadcast?.setSound(data.feed);
      break;
    case 'picture':
      if (broadcast) broadcast.takePicture(data.frame);
      else data.frame.close();
      break;
    case 'sound':
      broadcast?.takeBlock(data.block);
      break;
    case 'stop':
      void Promise.resolve(broadcast?.stop()).finally(() => self.close());
      broadcast = undefined;
      break;
  }
};
