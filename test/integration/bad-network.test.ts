import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { startChildScript } from '../support/child-script.js';
import { type BadNetwork, badNetwork, badNetworkUnavailable } from '../support/network/bad-network.js';
import { until } from '../support/poll.js';

const reason = badNetworkUnavailable();
const PORT = 7000;
const SERVER = `require('net').createServer((peer) => peer.on('error', () => {}).pipe(peer)).listen(${PORT}, '0.0.0.0',
  () => console.log('listening'))`;
/** Sends a byte for each line of its input, and prints how many ms the byte took to come back. */
const CLIENT = `const peer = require('net').connect({ host: process.argv[1], port: ${PORT}, noDelay: true });
let sent; peer.on('connect', () => console.log('connected'));
peer.on('data', () => console.log(performance.now() - sent));
process.stdin.on('data', () => { sent = performance.now(); peer.write('x'); })`;

interface Echo extends Disposable {
  /** Sends a byte to the other end and back. @returns how long that took, in ms */
  ask(): Promise<number>;
}

function run(words: readonly string[]): { child: ChildProcess; line(): Promise<string> } {
  const [command, ...args] = words;
  const child = spawn(command!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return { child, line: async () => String((await lines.next()).value) };
}

async function echoOver(network: BadNetwork): Promise<Echo> {
  const server = run(network.server([process.execPath, '-e', SERVER]));
  expect(await server.line()).toBe('listening');
  const client = run(network.viewer([process.execPath, '-e', CLIENT, network.serverAddress]));
  expect(await client.line()).toBe('connected');
  return {
    async ask() {
      client.child.stdin?.write('.');
      return Number(await client.line());
    },
    [Symbol.dispose]() {
      for (const { child } of [server, client]) child.kill('SIGKILL');
    },
  };
}

const namespacesOf = (pid: number | undefined): string[] =>
  readdirSync('/run/netns').filter((name) => name.startsWith(`topicast-${pid}-`));

describe.skipIf(reason)(`a bad network${reason ? ` (${reason})` : ''}`, () => {
  it('delays packets, and changes its settings while it is in use', async () => {
    await using network = await badNetwork({ delayMs: 40 });
    using echo = await echoOver(network);
    expect(await echo.ask()).toBeGreaterThanOrEqual(80);
    await network.set({ delayMs: 200, jitterMs: 20 });
    expect(await echo.ask()).toBeGreaterThanOrEqual(360);
  });

  it('lets nothing through while it is cut', async () => {
    await using network = await badNetwork();
    using echo = await echoOver(network);
    await echo.ask();
    await network.cut();
    const asked = echo.ask();
    const pause = new Promise((resolve) => setTimeout(resolve, 500, 'nothing came'));
    expect(await Promise.race([asked, pause])).toBe('nothing came');
    await network.mend();
    expect(await asked).toBeGreaterThanOrEqual(500);
  });

  it('has its own congestion control at the server', async () => {
    const setting = '/proc/sys/net/ipv4/tcp_congestion_control';
    const ours = readFileSync(setting, 'utf8');
    await using network = await badNetwork();
    const theirs = (words: [string, ...string[]]) => {
      const [command, ...args] = words;
      return execFileSync(command, args, { encoding: 'utf8' }).trim();
    };
    for (const algorithm of ['reno', 'cubic']) {
      network.controlCongestionBy(algorithm);
      expect(theirs(network.server(['cat', setting]))).toBe(algorithm);
    }
    expect(readFileSync(setting, 'utf8')).toBe(ours);
    expect(() => network.controlCongestionBy('carrier-pigeons')).toThrow('cannot control congestion by');
  });

  it('is removed when it is disposed of', async () => {
    {
      await using network = await badNetwork();
      expect(network.serverAddress).toBe('10.77.0.1');
      expect(namespacesOf(process.pid)).toHaveLength(2);
    }
    expect(namespacesOf(process.pid)).toEqual([]);
  });

  it('is removed when its process is killed', async () => {
    const script = path.join(import.meta.dirname, '../support/network/idle-network.ts');
    const child = await startChildScript(script, [], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout!, 'data');
    expect(namespacesOf(child.pid)).toHaveLength(2);
    child.kill('SIGKILL');
    await until('the namespaces are gone', () => namespacesOf(child.pid).length === 0);
  });
});
