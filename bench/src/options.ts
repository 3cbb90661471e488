import { type ParseArgsConfig, parseArgs } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** A bench's command line. `--help` ends it with its usage, and so does what is unknown. */
export function readOptions<const T extends Options>(
  bench: string,
  options: T,
): ReturnType<typeof parseArgs<{ options: T }>>['values'] {
  const usage = `npm run bench:${bench} -- ${Object.entries(options).map(wordsOf).join(' ')}\n`;
  if (process.argv.includes('--help')) {
    process.stdout.write(usage);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}`);
    process.exit(1);
  }
}

const wordsOf = ([name, { type, default: value }]: [string, Options[string]]): string =>
  type === 'boolean' ? `[--${name}]` : `[--${name} ${value ?? (name === 'json' ? 'FILE' : '...')}]`;
