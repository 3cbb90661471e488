import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { REPOSITORY } from '../root.js';
import { controlCongestion } from './congestion-control.js';

/** What the link does to packets, in each direction. */
export interface LinkSettings {
  /** One way. */
  readonly delayMs: number;
  /** A packet takes up to this much more or less. Packets keep their order. */
  readonly jitterMs: number;
  readonly lossPercent: number;
  /** 0: no limit. */
  readonly rateKbps: number;
  /** With a limited rate: a packet that would wait longer than this for its turn is dropped. */
  readonly queueMs: number;
}

/** Two network namespaces, a server's and a viewer's, on the two ends of a bad link. */
export interface BadNetwork extends AsyncDisposable {
  /** IPv4, the same in every bad network, because each is a world of its own. */
  readonly serverAddress: string;
  /** The words that run this program at the server's end. */
  server(words: readonly string[]): [string, ...string[]];
  /** The words that run this program at the viewer's end. */
  viewer(words: readonly string[]): [string, ...string[]];
  /** Takes effect for the packets that are sent after it resolves. */
  set(settings: Partial<LinkSettings>): Promise<void>;
  /** From now on nothing passes, in either direction, and nobody is told. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /**
   * By how many ms the link has delivered a packet too late, at most, since the last call. On a busy machine it may do
   * worse than it was asked to.
   */
  lateness(): Promise<number>;
  /**
   * How the server's end controls congestion on connections made from now on; the kernel's default before the first call.
   * @throws {Error} if the kernel does not have it
   */
  controlCongestionBy(algorithm: string): void;
}

const SERVER_ADDRESS = '10.77.0.1';
const VIEWER_ADDRESS = '10.77.0.2';
const LINK = join(REPOSITORY, 'test/support/network/link.py');
/** What link.py calls them. */
const NAMES: Readonly<Record<keyof LinkSettings, string>> = {
  ...{ delayMs: 'delay', jitterMs: 'jitter', lossPercent: 'loss', rateKbps: 'rate', queueMs: 'queue' },
};

let made = 0;

/**
 * Makes the namespaces, and removes them when it is disposed of, or when this process ends in any way. Programs that
 * still run in them are not ended.
 * @throws {Error} if that is impossible here, see {@link badNetworkUnavailable}
 */
export async function badNetwork(settings: Partial<LinkSettings> = {}): Promise<BadNetwork> {
  const [server, viewer] = namespaces();
  const wanted = named(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const link = spawn('python3', [...linkArguments(server, viewer), ...wanted], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const next = answersOf(link);
  const expect = async (expected: string) => {
    const answer = await next();
    if (answer !== expected) throw new Error(`link.py: ${answer ?? 'has ended'}`);
  };
  const say = (line: string): Promise<void> => {
    link.stdin.write(`${line}\n`);
    return expect('done');
  };
  await expect('ready');
  return {
    serverAddress: SERVER_ADDRESS,
    server: (words) => within(server, words),
    viewer: (words) => within(viewer, words),
    async set(changes) {
      for (const [name, value] of named(changes)) await say(`${name} ${value}`);
    },
    cut: () => say('cut'),
    mend: () => say('mend'),
    async lateness() {
      link.stdin.write('late\n');
      return Number(await next());
    },
    controlCongestionBy: (algorithm) => controlCongestion((words) => within(server, words), algorithm),
    async [Symbol.asyncDispose]() {
      link.stdin.end();
      if (link.exitCode === null && link.signalCode === null) await once(link, 'exit');
    },
  };
}

/** Why there can be no bad network here; undefined if there can be one. */
export function badNetworkUnavailable(): string | undefined {
  const tried = spawnSync('python3', linkArguments(...namespaces()), { input: '', encoding: 'utf8' });
  if (tried.error) return `a bad network needs python3 (${tried.error.message})`;
  return tried.status === 0 ? undefined : `a bad network cannot be made here (${tried.stderr.trim()})`;
}

/** Names that no other test, in this process or another one, uses. */
function namespaces(): [server: string, viewer: string] {
  const pair = `topicast-${process.pid}-${made++}`;
  return [`${pair}-server`, `${pair}-viewer`];
}

const named = (settings: Partial<LinkSettings>): [name: string, value: number][] =>
  Object.entries(settings).map(([setting, value]) => [NAMES[setting as keyof LinkSettings], value]);

const linkArguments = (server: string, viewer: string): string[] => [
  ...[LINK, '--a', `${server}=${SERVER_ADDRESS}`, '--b', `${viewer}=${VIEWER_ADDRESS}`],
];

const within = (namespace: string, words: readonly string[]): [string, ...string[]] => [
  ...(['ip', 'netns', 'exec', namespace] as const),
  ...words,
];

/** @returns its answers, one after the other; undefined when it has ended */
function answersOf(link: ChildProcessByStdio<Writable, Readable, null>): () => Promise<string | undefined> {
  // Its end shows in the missing answer.
  link.on('error', () => undefined);
  link.stdin.on('error', () => undefined);
  const lines = createInterface(link.stdout)[Symbol.asyncIterator]();
  return async () => (await lines.next()).value;
}
