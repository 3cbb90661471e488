import type { Scenario } from '../scenario.js';
import { blackout, brokerHang, leaderKill, networkCut, rollingRestart } from './brokers.js';
import { diskFull } from './disk-full.js';
import { ingestKill, publisherKill, uplinkCut } from './encoders.js';
import { clockStep, ffmpegKill, gatewayDrain, gatewayKill, producerKill, workerKill } from './services.js';

export const SCENARIOS: readonly Scenario[] = [
  leaderKill,
  brokerHang,
  rollingRestart,
  blackout,
  gatewayKill,
  gatewayDrain,
  workerKill,
  producerKill,
  ffmpegKill,
  diskFull,
  networkCut,
  clockStep,
  publisherKill,
  uplinkCut,
  ingestKill,
];
