/**
 * A viewer in its own process, so that it can be at the other end of a network. After some seconds it tells its parent
 * when each chunk of the stream arrived, and ends.
 */
import { ticksToMs } from '@topicast/contracts/units';
import { openLiveSocket } from '@topicast/test/live-socket';
import type { Arrival } from './arrivals.js';

const [address = '', seconds = ''] = process.argv.slice(2);
const arrivals: Arrival[] = [];
const socket = openLiveSocket(address, {
  chunk({ header, data }) {
    arrivals.push({
      mediaMs: ticksToMs(header.decodeTime),
      takenInMs: header.wallClock,
      arrivedMs: performance.timeOrigin + performance.now(),
      bytes: data.byteLength,
      kind: header.audioOnly ? 'audio' : header.keyframe ? 'keyframe' : 'picture',
    });
  },
  message: () => undefined,
});
socket.once('open', () =>
  setTimeout(() => {
    process.send?.(arrivals, () => process.exit());
  }, Number(seconds) * 1000),
);
