import { spawnSync } from 'node:child_process';

/**
 * Change a network setting of the kernel in a network namespace.
 * @param within returns the command line that runs a command in the namespace
 * @throws {Error} if there is no such setting, or not this value
 */
export function setKernel(
  within: (words: readonly string[]) => [string, ...string[]],
  name: string,
  value: string,
): void {
  if (!/^net(\.\w+)+$/.test(name)) throw new Error(`${name} is no network setting of the kernel`);
  const [command, ...args] = within(['tee', `/proc/sys/${name.replaceAll('.', '/')}`]);
  const { status, stderr } = spawnSync(command, args, { input: value, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name} cannot be ${value} here (${stderr.trim()})`);
}
