import { setTimeout as sleep } from 'node:timers/promises';
import { topicOf } from '@topicast/contracts/stream-id';
import type { KafkaScenario } from '../scenario.js';

const AWAY_MS = 6000;
const HANG_MS = 10_000;
/** They take three seconds or more to start, so all are away for at least eight. */
const BLACKOUT_MS = 5000;

export const leaderKill: KafkaScenario = {
  name: 'leader-kill',
  what: "kill -9 the broker that leads the streams' partitions, and start it again after 6 s",
  ...{ on: 'kafka', redundancy: 'remains', producers: 1, player: true },
  async hurt(stage, fault) {
    const leader = await stage.cluster.leaderOf(topicOf(stage.picture), 0);
    fault.begins();
    await leader.kill();
    await sleep(AWAY_MS);
    await leader.restart();
    fault.ends();
    await stage.cluster.untilInSync();
  },
};

export const brokerHang: KafkaScenario = {
  name: 'broker-hang',
  what: 'SIGSTOP that broker for 10 s: its connections stay open and nothing answers',
  ...{ on: 'kafka', redundancy: 'remains', producers: 1, player: true },
  async hurt(stage, fault) {
    const leader = await stage.cluster.leaderOf(topicOf(stage.picture), 0);
    fault.begins();
    leader.stop();
    await sleep(HANG_MS);
    leader.cont();
    fault.ends();
    await stage.cluster.untilInSync();
  },
};

export const rollingRestart: KafkaScenario = {
  name: 'rolling-restart',
  what: 'restart the three brokers one by one, each when all copies are in sync',
  ...{ on: 'kafka', redundancy: 'remains', producers: 1, player: true },
  async hurt(stage, fault) {
    fault.begins();
    for (const node of stage.cluster.nodes) {
      await node.end();
      await node.restart();
      await stage.cluster.untilInSync();
    }
    fault.ends();
  },
};

export const blackout: KafkaScenario = {
  name: 'blackout',
  what: 'kill -9 all brokers; they answer again after 8 s or more',
  ...{ on: 'kafka', redundancy: 'none', producers: 1, player: true },
  async hurt(stage, fault) {
    const { nodes } = stage.cluster;
    fault.begins();
    await Promise.all(nodes.map((node) => node.kill()));
    await sleep(BLACKOUT_MS);
    await Promise.all(nodes.map((node) => node.restart()));
    fault.ends();
  },
};

export const networkCut: KafkaScenario = {
  name: 'network-cut',
  what: 'nothing passes between the gateways and the brokers for 5 s, and no connection closes',
  ...{ on: 'kafka', redundancy: 'none', producers: 1, player: true, gatewaysBehindProxies: true },
  async hurt(stage, fault) {
    fault.begins();
    for (const proxy of stage.proxies) proxy.cut();
    await sleep(5000);
    for (const proxy of stage.proxies) proxy.heal();
    fault.ends();
  },
};
