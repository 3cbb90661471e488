import type { LogDescriptor } from 'pino';

const ALWAYS_THERE = new Set(['level', 'time', 'pid', 'hostname', 'msg']);

/** The options of pino-pretty. */
export const PRETTY = {
  hideObject: true,
  translateTime: 'HH:MM:ss',
  ignore: 'pid,hostname',
  errorLikeObjectKeys: [] as string[],
  messageFormat: plainLine,
};

/**
 * A log line for a person at a terminal: the message, and further values in brackets. Elsewhere, log lines are JSON for
 * programs. An error shows its message here, and its stack at the level debug.
 */
function plainLine(entry: LogDescriptor): string {
  const message = String(entry.msg ?? '');
  const details = Object.entries(entry)
    .filter(([name]) => !ALWAYS_THERE.has(name))
    .map(([name, value]) => (name === 'err' ? wordsOf(value) : `${name}: ${wordsOf(value)}`))
    .filter((words) => words !== message);
  return details.length === 0 ? message : `${message} (${details.join(', ')})`;
}

function wordsOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const { message, stack } = value as { message?: unknown; stack?: unknown };
  if (message !== undefined) {
    return process.env.TOPICAST_LOG_LEVEL === 'debug' && stack ? String(stack) : String(message);
  }
  if (Array.isArray(value)) return value.map(wordsOf).join(' ');
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${wordsOf(inner)}`)
    .join(' ');
}
