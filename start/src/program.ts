import { ConfigError } from '@topicast/contracts/config';
import { unknownSettings } from '@topicast/contracts/setting-names';
import { type Logger, pino } from 'pino';
import { PRETTY } from './plain-lines.js';

/** What a program has opened and must close in order. */
interface Running {
  close(): Promise<void>;
  /** Extra time for resources that take long to close in order. */
  readonly drainMs?: number;
}

const CLOSE_LIMIT_MS = 15_000;

/**
 * Run a program until a signal or a failure ends it. A user's mistake costs one line and exit code 1. A second signal
 * ends it at once. @param main gets a signal that aborts if the program should end before it has started.
 */
export async function runProgram(
  quietByDefault: boolean,
  main: (signal: AbortSignal, logger: Logger, fail: (error: unknown) => void) => Promise<Running>,
): Promise<void> {
  const logger = await makeLogger(logLevelOrEnd(quietByDefault ? 'warn' : 'info'));
  const ending = new AbortController();
  let running: Running | undefined;
  let exitCode = 0;

  const end = async () => {
    if (ending.signal.aborted) return;
    ending.abort();
    // Not unref'd: if closing hangs, this still ends the process.
    setTimeout(() => process.exit(exitCode || 1), CLOSE_LIMIT_MS + (running?.drainMs ?? 0));
    // A program that is still starting gets the signal, closes what it has begun, and ends below.
    if (!running) return;
    await running.close().catch((error) => logger.error(error, 'could not shut down in order'));
    process.exit(exitCode);
  };
  const fail = (error: unknown) => {
    exitCode = 1;
    report(error);
    void end();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => (ending.signal.aborted ? process.exit(130) : void end()));
  }
  process.on('uncaughtException', (error) => {
    fail(error);
    // The part that is still starting may be the one that failed, so it may not react to the signal.
    if (!running) process.exit(1);
  });
  try {
    const opened = await main(ending.signal, logger, fail);
    if (ending.signal.aborted) {
      await opened.close();
      process.exit(exitCode);
    }
    running = opened;
  } catch (error) {
    if (ending.signal.aborted) process.exit(exitCode);
    fail(error);
    process.exit(1);
  }
}

export function endWithHelp(text: string): never {
  process.stdout.write(text);
  process.exit(0);
}

/** Before the settings are read, because a misspelt one may be why another is missing. */
export function noteUnknownSettings(logger: Logger): void {
  for (const line of unknownSettings(process.env)) logger.warn(line);
}

function logLevelOrEnd(usual: string): string {
  const level = process.env.TOPICAST_LOG_LEVEL || usual;
  const levels = [...Object.keys(pino.levels.values), 'silent'];
  if (levels.includes(level)) return level;
  report(new ConfigError(`TOPICAST_LOG_LEVEL: "${level}" is not one of ${levels.join(', ')}`));
  return process.exit(1);
}

/** JSON lines, or plain lines for people at a terminal. */
export async function makeLogger(level: string): Promise<Logger> {
  if (!process.stderr.isTTY) return pino({ level }, pino.destination({ dest: 2, sync: true }));
  // Images do not contain it, and then lines are JSON even at a terminal.
  const pretty = await import('pino-pretty').then(
    (module) => module.default,
    () => undefined,
  );
  if (!pretty) return pino({ level }, pino.destination({ dest: 2, sync: true }));
  return pino({ level }, pretty({ ...PRETTY, destination: 2, sync: true }));
}

function report(error: unknown): void {
  const line = explain(error);
  process.stderr.write(`\nTopicast: ${line}\n`);
  if (process.env.TOPICAST_LOG_LEVEL === 'debug' && error instanceof Error)
    process.stderr.write(`${error.stack}\n`);
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { code, port, address, message } = error as NodeJS.ErrnoException & {
    port?: number;
    address?: string;
  };
  if (code === 'EADDRINUSE') {
    return `port ${port} is in use. End the program that uses it, or choose others: TOPICAST_WEB_PORT, TOPICAST_GATEWAY_PORT.`;
  }
  if (code === 'EADDRNOTAVAIL') return `${address} is not an address of this machine: check TOPICAST_HOST.`;
  if (code === 'EACCES') return `not permitted: ${message}`;
  return message ?? String(error);
}
