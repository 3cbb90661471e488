export { SIZES } from '../core/picture-size.js';
export type { BroadcastSettings, BroadcastState, BroadcastStats } from '../core/state.js';
export { Broadcaster } from './broadcaster.js';
export {
  type CaptureWish,
  captureProblem,
  type Device,
  type Devices,
  listDevices,
  openCapture,
  type PictureChoice,
} from './devices.js';
export { LevelMeter } from './level-meter.js';
export { canShareScreen, whatIsMissing } from './support.js';
