import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const KAFKA_VERSION = '4.1.1';
/** The version that Kafka's own dependencies are built against. */
const SLF4J_VERSION = '1.7.36';
const MINIMUM_JAVA = 17;

export const JAVA = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin/java') : 'java';

const cacheFolder = (): string =>
  process.env.TOPICAST_CACHE_DIR || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'topicast');

const versionFolder = (): string => join(cacheFolder(), `kafka-${KAFKA_VERSION}`);

/** Apache Kafka's jars and what they need, or why they are not available. Downloads them the first time. */
type KafkaJars = { readonly jars: string } | { readonly problem: string };

let found: KafkaJars | undefined;

export function kafkaJars(): KafkaJars {
  found ??= findJars();
  return found;
}

/**
 * The folder of Kafka's command-line tools, for the class path beside {@link kafkaJars}; undefined if they are not
 * available. Downloaded the first time.
 */
export function kafkaToolJars(): string | undefined {
  const folder = join(versionFolder(), 'tools');
  const name = `kafka-tools-${KAFKA_VERSION}.jar`;
  if (existsSync(join(folder, name))) return folder;
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy';
  const options = [`-Dartifact=org.apache.kafka:kafka-tools:${KAFKA_VERSION}`, `-DoutputDirectory=${folder}`];
  const maven = spawnSync('mvn', ['-B', '-q', goal, ...options], { timeout: 600_000 });
  return maven.status === 0 && existsSync(join(folder, name)) ? folder : undefined;
}

function findJars(): KafkaJars {
  const java = spawnSync(JAVA, ['-version'], { encoding: 'utf8' });
  const version = Number(/version "(\d+)/.exec(java.stderr ?? '')?.[1] ?? 0);
  if (version < MINIMUM_JAVA) {
    return { problem: `no Java ${MINIMUM_JAVA} or later on PATH or in JAVA_HOME; or set KAFKA_BROKERS` };
  }
  const folder = versionFolder();
  if (existsSync(join(folder, 'complete'))) return { jars: join(folder, 'lib') };
  if (spawnSync('mvn', ['-version']).status !== 0) {
    return { problem: 'no Maven (mvn) on PATH to download Apache Kafka with; or set KAFKA_BROKERS' };
  }
  return download(folder);
}

function download(folder: string): KafkaJars {
  const jars = join(folder, 'lib');
  mkdirSync(folder, { recursive: true });
  process.stderr.write(`set-up: downloading Apache Kafka ${KAFKA_VERSION} (45 MB, once) into ${folder}\n`);
  writeFileSync(join(folder, 'pom.xml'), pom());
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
  const options = ['-DincludeScope=runtime', `-DoutputDirectory=${jars}`];
  const maven = spawnSync('mvn', ['-B', '-q', goal, ...options], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 600_000,
  });
  if (maven.status !== 0) {
    const reason =
      maven.error?.message ?? /^\[ERROR\] .*$/m.exec(maven.stdout)?.[0] ?? `mvn ended with ${maven.status}`;
    return { problem: `the download of Apache Kafka failed: ${reason}` };
  }
  writeFileSync(join(folder, 'complete'), '');
  process.stderr.write(`set-up: Apache Kafka is there (${readdirSync(jars).length} jars)\n`);
  return { jars };
}

const pom = (): string => `<project><modelVersion>4.0.0</modelVersion>
<groupId>topicast</groupId><artifactId>test-broker</artifactId><version>1</version>
<dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>${SLF4J_VERSION}</version></dependency>
</dependencies></project>
`;
