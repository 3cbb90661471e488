import { type ParseArgsConfig, parseArgs } from 'node:util';
import { checkJsonFile } from '@topicast/test/json-file';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Whether it is a whole number from 1 on. */
export const isCount = (text: string): boolean => /^[1-9]\d*$/.test(text);

/**
 * A bench's command line. `--help` prints its usage and ends it; so does an unknown option, or an option in `counts`
 * that is not a whole number of at least 1. @param words what an option takes, if that is not its default
 */
export function readOptions<const T extends Options>(
  bench: string,
  options: T,
  counts: readonly (keyof T & string)[],
  words: Partial<Record<keyof T & string, string>> = {},
): ReturnType<typeof parseArgs<{ options: T }>>['values'] {
  const shown: Readonly<Record<string, string | undefined>> = { json: 'FILE', ...words };
  const parts = Object.entries(options).map(([name, { type, default: usual }]) =>
    type === 'boolean' ? `[--${name}]` : `[--${name} ${shown[name] ?? usual}]`,
  );
  const usage = `npm run bench:${bench} -- ${parts.join(' ')}\n`;
  if (process.argv.includes('--help')) {
    process.stdout.write(usage);
    process.exit(0);
  }
  try {
    const { values } = parseArgs({ options });
    const given: Readonly<Record<string, unknown>> = values;
    const wrong = counts.find((name) => !isCount(String(given[name] ?? 1)));
    if (wrong) throw new Error(`--${wrong} ${given[wrong]}: must be a whole number of at least 1`);
    if (typeof given.json === 'string') checkJsonFile(given.json);
    return values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}`);
    process.exit(1);
  }
}
