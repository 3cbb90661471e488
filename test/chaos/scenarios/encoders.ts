import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@topicast/test/poll';
import type { KafkaStage } from '../kafka-stage.js';
import type { KafkaScenario } from '../scenario.js';

const CUT_MS = 20_000;
/** Until what the encoder sends after it has connected again is on its way. */
const BACK_LIMIT_MS = 30_000;

export const publisherKill: KafkaScenario = {
  name: 'publisher-kill',
  what: 'kill -9 an encoder that publishes by RTMP; it comes back after 5 s',
  ...{ on: 'kafka', redundancy: 'remains', producers: 1, player: true, encoder: true },
  async hurt(stage, fault) {
    const { starts } = stage.encoder!;
    fault.begins();
    stage.encoder!.kill();
    await isBack(stage, starts);
    fault.ends();
  },
};

export const uplinkCut: KafkaScenario = {
  name: 'uplink-cut',
  what: "nothing passes on such an encoder's connection for 20 s, and nobody is told",
  ...{ on: 'kafka', redundancy: 'remains', producers: 1, player: true, encoder: true },
  async hurt(stage, fault) {
    fault.begins();
    stage.uplink!.cut();
    const cut = sleep(CUT_MS);
    await until('viewers see the slate', () => stage.isEncoderAway(), { limitMs: CUT_MS });
    await cut;
    stage.uplink!.heal();
    // On the same connection, which nobody has given up, or on another one.
    await until('the encoder is on air', async () => !(await stage.isEncoderAway()), {
      limitMs: BACK_LIMIT_MS,
    });
    fault.ends();
  },
};

export const ingestKill: KafkaScenario = {
  name: 'ingest-kill',
  what: 'kill -9 the producer to which such an encoder publishes; it finds another one',
  ...{ on: 'kafka', redundancy: 'none', producers: 2, player: true, encoder: true },
  async hurt(stage, fault) {
    const { starts } = stage.encoder!;
    fault.begins();
    await stage.producers[0]!.kill();
    stage.uplink!.forwardTo(stage.rtmpPorts[1]!);
    await isBack(stage, starts);
    fault.ends();
  },
};

const isBack = (stage: KafkaStage, starts: number): Promise<unknown> =>
  until('the encoder has connected again', () => stage.encoder!.starts > starts, { limitMs: BACK_LIMIT_MS });
