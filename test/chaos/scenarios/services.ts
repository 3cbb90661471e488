import { kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf } from '@topicast/test/processes';
import type { Service } from '../child-process.js';
import { fakeClockUnavailable } from '../fake-clock.js';
import type { KafkaScenario } from '../scenario.js';

const CLOCK_STEP_SECONDS = 60;
const BETWEEN_STEPS_MS = 5000;

export const gatewayKill: KafkaScenario = {
  name: 'gateway-kill',
  what: 'kill -9 the gateway that serves all viewers; there is another one',
  ...{ on: 'kafka', redundancy: 'remains', producers: 1, player: true },
  async hurt(stage, fault) {
    fault.begins();
    await stage.gateways[0]!.kill();
    fault.ends();
  },
};

export const gatewayDrain: KafkaScenario = {
  name: 'gateway-drain',
  what: 'SIGTERM to the gateway that serves all viewers; there is another one',
  ...{ on: 'kafka', redundancy: 'remains', producers: 1, player: true },
  async hurt(stage, fault) {
    fault.begins();
    await stage.gateways[0]!.end();
    fault.ends();
  },
};

export const workerKill: KafkaScenario = {
  name: 'worker-kill',
  what: 'kill -9 all workers of that gateway, which serve its viewers; it starts new ones',
  ...{ on: 'kafka', redundancy: 'remains', producers: 1, player: true, gatewayWorkers: 2 },
  async hurt(stage, fault) {
    const workers = childrenOf(stage.gateways[0]!.pid);
    if (workers.length === 0) throw new Error('the gateway has no workers');
    fault.begins();
    for (const { pid } of workers) kill(pid, 'SIGKILL');
    fault.ends();
  },
};

export const producerKill: KafkaScenario = {
  name: 'producer-kill',
  what: 'kill -9 the producer that encodes the stream; there is another one',
  ...{ on: 'kafka', redundancy: 'remains', producers: 2, player: true },
  async hurt(stage, fault) {
    const busy = stage.producers.find((producer) => encoderOf(producer) !== undefined);
    if (!busy) throw new Error('no producer is encoding');
    fault.begins();
    await busy.kill();
    fault.ends();
  },
};

export const ffmpegKill: KafkaScenario = {
  name: 'ffmpeg-kill',
  what: 'kill -9 the encoder below the producer',
  ...{ on: 'kafka', redundancy: 'none', producers: 1, player: true },
  async hurt(stage, fault) {
    const encoder = encoderOf(stage.producers[0]!);
    if (!encoder) throw new Error('no encoder is running');
    fault.begins();
    kill(encoder, 'SIGKILL');
    fault.ends();
  },
};

export const clockStep: KafkaScenario = {
  name: 'clock-step',
  what: "set the producer's wall clock a minute ahead, and back after 5 s",
  ...{ on: 'kafka', redundancy: 'remains', producers: 1, player: true, producersClock: true },
  unavailable: fakeClockUnavailable,
  async hurt(stage, fault) {
    fault.begins();
    stage.setProducersClock(CLOCK_STEP_SECONDS);
    await sleep(BETWEEN_STEPS_MS);
    stage.setProducersClock(0);
    fault.ends();
  },
};

const encoderOf = (producer: Service): number | undefined =>
  childrenOf(producer.pid).find(({ command }) => /ffmpeg/.test(command))?.pid;
