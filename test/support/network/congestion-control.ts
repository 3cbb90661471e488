import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const SETTINGS = '/proc/sys/net/ipv4';
const ALLOWED = `${SETTINGS}/tcp_allowed_congestion_control`;

/**
 * Choose the congestion control of all connections that a network namespace makes from now on.
 * @param within returns the command line that runs a command in the namespace
 * @throws {Error} if the kernel does not have this algorithm
 */
export function controlCongestion(
  within: (words: readonly string[]) => [string, ...string[]],
  algorithm: string,
): void {
  const [command, ...args] = within(['tee', `${SETTINGS}/tcp_congestion_control`]);
  if (whileAllowed(algorithm, () => spawnSync(command, args, { input: algorithm }).status === 0)) return;
  const available = readFileSync(`${SETTINGS}/tcp_available_congestion_control`, 'utf8').trim();
  throw new Error(`this kernel cannot control congestion by ${algorithm}; it has ${available}`);
}

/** A namespace can choose only an algorithm that the host allows all programs, so we allow it for a moment. */
function whileAllowed(algorithm: string, choose: () => boolean): boolean {
  const allowed = readFileSync(ALLOWED, 'utf8').trim();
  try {
    writeFileSync(ALLOWED, `${allowed} ${algorithm}`);
  } catch {
    return false;
  }
  const done = choose();
  writeFileSync(ALLOWED, allowed);
  return done;
}
