import { freePorts } from '@topicast/test/free-ports';
import { type KafkaCluster, startKafkaCluster } from '@topicast/test/kafka';
import { startTcpProxy, type TcpProxy } from '@topicast/test/tcp-proxy';
import { BROKER_SETTINGS } from './settings.js';

/** Three brokers, and a second connection to each of them that can be cut. */
export interface ChaosCluster {
  readonly cluster: KafkaCluster;
  /** In the order of the nodes. Clients that come through them learn no other address. */
  readonly proxies: readonly TcpProxy[];
  close(): Promise<void>;
}

export async function startChaosCluster(): Promise<ChaosCluster> {
  const proxies = await Promise.all([startTcpProxy(), startTcpProxy(), startTcpProxy()]);
  const sidePorts = await freePorts(proxies.length);
  proxies.forEach((proxy, index) => void proxy.forwardTo(sidePorts[index]!));
  const cluster = await startKafkaCluster(proxies.length, {
    properties({ id, port, controllerPort }) {
      const side = sidePorts[id - 1]!;
      return {
        ...BROKER_SETTINGS,
        listeners: `PLAINTEXT://127.0.0.1:${port},SIDE://127.0.0.1:${side},CONTROLLER://127.0.0.1:${controllerPort}`,
        'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},SIDE://127.0.0.1:${proxies[id - 1]!.port}`,
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SIDE:PLAINTEXT,CONTROLLER:PLAINTEXT',
      };
    },
  });
  return {
    cluster,
    proxies,
    async close() {
      await cluster.close();
      await Promise.all(proxies.map((proxy) => proxy.close()));
    },
  };
}
