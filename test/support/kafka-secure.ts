import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from './free-ports.js';
import { type KafkaCluster, startKafkaCluster } from './kafka.js';
import { JAVA, kafkaJars } from './kafka-download.js';
import type { NodeAddress, Properties } from './kafka-node.js';
import { temporaryFolder } from './temporary.js';

const run = promisify(execFile);
const STORE_PASSWORD = 'changeit';

export const USER = { username: 'topicast', password: 'correct-horse-battery' } as const;

/** A broker with a listener of each kind, all on 127.0.0.1, each as `host:port`. */
export interface SecureKafka {
  readonly saslSsl: string;
  /** TLS that also demands a client certificate. */
  readonly mutual: string;
  readonly plaintext: string;
  readonly ca: string;
  /** An authority that has not signed the broker's certificate. */
  readonly otherCa: string;
  /** Of a client, PEM; undefined without openssl. */
  readonly client: { readonly cert: string; readonly key: string } | undefined;
  /** Of the user, for both SCRAM mechanisms. */
  changePassword(password: string): Promise<void>;
  /** Ends it, and it comes back with the same data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A real Kafka with SASL_SSL (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512) and a certificate only for 127.0.0.1. */
export async function startSecureKafka(): Promise<SecureKafka> {
  const temporary = temporaryFolder();
  const folder = temporary.path;
  const remove = (): void => temporary[Symbol.dispose]();
  try {
    const certificates = await makeCertificates(folder);
    const [plaintextPort, mutualPort] = (await freePorts(2)) as [number, number];
    const cluster = await startKafkaCluster(1, {
      properties: (node) => listenerProperties(node, { plaintextPort, mutualPort, folder }),
      formatArguments: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=${USER.username},password=${USER.password}]`,
      ]),
      client: { ssl: { ca: [certificates.ca] }, sasl: { mechanism: 'plain', ...USER } },
    });
    return secureKafka(cluster, { plaintextPort, mutualPort, certificates, remove });
  } catch (error) {
    remove();
    throw error;
  }
}

interface Certificates extends Pick<SecureKafka, 'ca' | 'otherCa' | 'client'> {}

function secureKafka(
  cluster: KafkaCluster,
  parts: {
    readonly plaintextPort: number;
    readonly mutualPort: number;
    readonly certificates: Certificates;
    readonly remove: () => void;
  },
): SecureKafka {
  const plaintext = `127.0.0.1:${parts.plaintextPort}`;
  return {
    ...parts.certificates,
    plaintext,
    saslSsl: cluster.brokers,
    mutual: `127.0.0.1:${parts.mutualPort}`,
    async changePassword(password) {
      for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
        const words = `--alter --entity-type users --entity-name ${USER.username} --add-config`.split(' ');
        const change = `${mechanism}=[password=${password}]`;
        await java('kafka.admin.ConfigCommand', '--bootstrap-server', plaintext, ...words, change);
      }
    },
    restart: () => cluster.nodes[0]!.restart(),
    async close() {
      await cluster.close();
      parts.remove();
    },
  };
}

function java(...words: readonly string[]): Promise<unknown> {
  const found = kafkaJars();
  if ('problem' in found) throw new Error(found.problem);
  return run(JAVA, ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', join(found.jars, '*'), ...words]);
}

function listenerProperties(
  { port, controllerPort }: NodeAddress,
  { plaintextPort, mutualPort, folder }: { plaintextPort: number; mutualPort: number; folder: string },
): Properties {
  const at = (name: string, of: number): string => `${name}://127.0.0.1:${of}`;
  const forClients = [at('SASL_SSL', port), at('PLAINTEXT', plaintextPort), at('MUTUAL', mutualPort)];
  const modules = 'org.apache.kafka.common.security';
  const scram = `${modules}.scram.ScramLoginModule required;`;
  const plain = `${modules}.plain.PlainLoginModule required user_${USER.username}="${USER.password}";`;
  return {
    listeners: [...forClients, at('CONTROLLER', controllerPort)].join(','),
    'advertised.listeners': forClients.join(','),
    'listener.security.protocol.map': 'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,MUTUAL:SSL,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'ssl.keystore.location': join(folder, 'broker.p12'),
    'ssl.keystore.password': STORE_PASSWORD,
    'ssl.truststore.location': join(folder, 'trust.p12'),
    'ssl.truststore.password': STORE_PASSWORD,
    'listener.name.mutual.ssl.client.auth': 'required',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': plain,
    'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': scram,
    // kafkajs keeps a margin of 10 s, so it logs in again every 2 s. (Brokers refuse a login within one second.)
    'listener.name.sasl_ssl.connections.max.reauth.ms': 12_000,
  };
}

/** Two authorities; one has signed a broker's and a client's certificate. Stores for Kafka, PEM for us. */
async function makeCertificates(folder: string): Promise<Certificates> {
  const tool = JAVA === 'java' ? 'keytool' : join(dirname(JAVA), 'keytool');
  const file = (name: string): string => join(folder, name);
  const keytool = async (command: string, store: string, ...words: readonly string[]): Promise<void> => {
    const access = ['-keystore', file(`${store}.p12`), '-storetype', 'PKCS12', '-storepass', STORE_PASSWORD];
    await run(tool, [`-${command}`, ...access, ...words]);
  };
  const makeKey = (name: string, ...extensions: readonly string[]): Promise<void> => {
    const kind = ['-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '30', '-dname', `CN=${name}`];
    return keytool('genkeypair', name, '-alias', name, ...kind, ...extensions);
  };
  const pem = (name: string): Promise<void> =>
    keytool('exportcert', name, '-alias', name, '-rfc', '-file', file(`${name}.pem`));
  const importCa = (store: string): Promise<void> =>
    keytool('importcert', store, '-alias', 'ca', '-noprompt', '-file', file('ca.pem'));
  const makeSigned = async (name: string, ...extensions: readonly string[]): Promise<void> => {
    await makeKey(name);
    await keytool('certreq', name, '-alias', name, '-file', file(`${name}.csr`));
    const paths = ['-infile', file(`${name}.csr`), '-outfile', file(`${name}.signed`)];
    await keytool('gencert', 'ca', '-alias', 'ca', '-validity', '30', '-rfc', ...paths, ...extensions);
    await importCa(name);
    await keytool('importcert', name, '-alias', name, '-noprompt', '-file', file(`${name}.signed`));
  };

  await Promise.all(['ca', 'other'].map((name) => makeKey(name, '-ext', 'bc:c').then(() => pem(name))));
  await Promise.all([
    importCa('trust'),
    makeSigned('broker', '-ext', 'san=ip:127.0.0.1'),
    makeSigned('client'),
  ]);
  const read = (name: string): string => readFileSync(file(name), 'utf8');
  const key = clientKey(file('client.p12'));
  return {
    ca: read('ca.pem'),
    otherCa: read('other.pem'),
    client: key === undefined ? undefined : { cert: read('client.signed'), key },
  };
}

/** keytool does not export keys. */
function clientKey(store: string): string | undefined {
  const words = ['pkcs12', '-in', store, '-nodes', '-nocerts', '-passin', `pass:${STORE_PASSWORD}`];
  const { status, stdout } = spawnSync('openssl', words, { encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}
