import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { REPOSITORY } from '../root.js';
import { controlCongestion } from './congestion-control.js';
import { setKernel } from './kernel-setting.js';

/** What the link does to packets, in each direction. */
export interface LinkSettings {
  /** The delay in one direction. */
  readonly delayMs: number;
  /** Each packet takes up to this much more or less time. Packets keep their order. */
  readonly jitterMs: number;
  readonly lossPercent: number;
  /** 0: no limit. */
  readonly rateKbps: number;
  /** With a limited rate, a packet that would have to wait longer than this is dropped. */
  readonly queueMs: number;
}

/** Two network namespaces at the two ends of a bad link: the server's and the viewer's. */
export interface BadNetwork extends AsyncDisposable {
  /** An IPv4 address. It is the same in every bad network, because they do not see each other. */
  readonly serverAddress: string;
  /** The command line that runs this command at the server's end. */
  server(words: readonly string[]): [string, ...string[]];
  /** The command line that runs this command at the viewer's end. */
  viewer(words: readonly string[]): [string, ...string[]];
  /** Change the link for all packets that are sent after this resolves. */
  set(settings: Partial<LinkSettings>): Promise<void>;
  /** From now on the link drops every packet in both directions, without an error to anybody. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /**
   * The most that the link has delivered a packet too late since the last call, in ms. On a busy machine, the link can
   * be worse than its settings.
   */
  lateness(): Promise<number>;
  /**
   * Sets the congestion control of all connections that the server's end makes from now on. Without a call, they have
   * the kernel's default.
   * @throws {Error} if the kernel does not have it
   */
  controlCongestionBy(algorithm: string): void;
  /**
   * Sets a kernel setting of the server's end, such as `net.ipv4.tcp_notsent_lowat`.
   * @throws {Error} if there is no such setting, or not this value
   */
  setServerKernel(name: string, value: string): void;
}

const SERVER_ADDRESS = '10.77.0.1';
const VIEWER_ADDRESS = '10.77.0.2';
const LINK = join(REPOSITORY, 'test/support/network/link.py');
/** The names of the settings in link.py. */
const NAMES: Readonly<Record<keyof LinkSettings, string>> = {
  ...{ delayMs: 'delay', jitterMs: 'jitter', lossPercent: 'loss', rateKbps: 'rate', queueMs: 'queue' },
};

let made = 0;

/**
 * Makes the namespaces. They are removed when the network is disposed of, or when this process ends in any way. Programs
 * that still run in them continue.
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
    if (answer !== expected) throw new Error(`link.py: ${answer ?? 'it has ended'}`);
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
    setServerKernel: (name, value) => setKernel((words) => within(server, words), name, value),
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

/** Names that no other test uses, in this process or in another one. */
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
  // A missing answer shows that it has ended.
  link.on('error', () => undefined);
  link.stdin.on('error', () => undefined);
  const lines = createInterface(link.stdout)[Symbol.asyncIterator]();
  return async () => (await lines.next()).value;
}
