import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { ConfigError } from '@topicast/contracts/config';
import { ladderProblem, parseLadder, type Rung } from '@topicast/contracts/ladder';
import { isStreamId, streamId } from '@topicast/contracts/stream-id';
import type { CommandLineInput } from '@topicast/producer';
import { URL_PROTOCOLS } from '@topicast/sources';

const HELP_OPTION = { help: { type: 'boolean' } } as const;
const STREAM_OPTIONS = {
  ...HELP_OPTION,
  input: { type: 'string', multiple: true },
  copy: { type: 'string', multiple: true },
  demo: { type: 'boolean' },
} as const;

const URL_PATTERN = /^[a-z][a-z0-9+.-]*:\/\//i;

/** The streams declared on a command line. @throws {ConfigError} with one line for the user. */
export function parseArguments(
  args: readonly string[],
  { demo: demoByDefault }: { demo: boolean },
): { inputs: CommandLineInput[]; help: boolean } {
  const values = parse(args, STREAM_OPTIONS, 'write --input name=FILE_OR_URL');
  const inputs: CommandLineInput[] = [];
  if (values.demo ?? demoByDefault) {
    inputs.push({ id: streamId('demo'), title: 'Demo', source: { kind: 'test' } });
  }
  for (const text of values.input ?? []) inputs.push(parseInput(text, '--input', false));
  for (const text of values.copy ?? []) inputs.push(parseInput(text, '--copy', true));
  const names = inputs.map(({ id }) => id);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) {
    const advice = twice === 'demo' ? 'add --no-demo, or choose another name' : 'give each one its own name';
    throw new ConfigError(`the stream "${twice}" is declared twice: ${advice}`);
  }
  return { inputs, help: values.help ?? false };
}

/** For programs whose only settings are environment variables. @throws {ConfigError} with one line for the user. */
export function asksForHelp(args: readonly string[]): boolean {
  return parse(args, HELP_OPTION, 'settings are environment variables').help ?? false;
}

function parse<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
  advice: string,
) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options,
    });
    if (positionals.length === 0) return values;
    throw new Error(`"${positionals[0]}" is not understood: ${advice}`);
  } catch (error) {
    // After the first sentence, Node's own message explains positional arguments.
    const [problem] = String(error instanceof Error ? error.message : error).split('. ');
    throw new ConfigError(`${problem} (see --help)`, { cause: error });
  }
}

const isStreamable = (url: string): boolean =>
  URL_PROTOCOLS.some((protocol) => url.toLowerCase().startsWith(`${protocol}://`));
/** The ladder at the end of an input. */
const LADDER_PATTERN = /,ladder=([^,/]*)$/;

function parseInput(text: string, option: string, copy: boolean): CommandLineInput {
  const asked = LADDER_PATTERN.exec(text);
  if (!asked) return parseTarget(text, option, copy);
  const input = parseTarget(text.slice(0, asked.index), option, copy);
  return { ...input, ladder: checkedLadder(asked[1]!, input, `${option} ${text}`) };
}

function checkedLadder(text: string, { source }: CommandLineInput, where: string): Rung[] {
  const ladder = parseLadder(text);
  if (!ladder) throw new ConfigError(`${where}: write a ladder as 720p+360p`);
  const problem = ladderProblem(source, ladder);
  if (problem) throw new ConfigError(`${where}: ${problem}`);
  return ladder;
}

function parseTarget(text: string, option: string, copy: boolean): CommandLineInput {
  const equals = text.indexOf('=');
  const name = text.slice(0, equals);
  const target = text.slice(equals + 1);
  if (equals < 1 || target === '') throw new ConfigError(`${option} ${text}: write name=FILE_OR_URL`);
  if (!isStreamId(name)) {
    throw new ConfigError(
      `${option} ${text}: "${name}" is not a stream id; use a-z, 0-9 and "-", at most 63`,
    );
  }
  const common = { id: streamId(name), title: name };
  if (URL_PATTERN.test(target) && !isStreamable(target)) {
    throw new ConfigError(
      `${option} ${text}: only http(s), rtmp(s), rtsp(s) and srt addresses can be streamed`,
    );
  }
  if (URL_PATTERN.test(target))
    return { ...common, source: { kind: 'url', url: target, ...(copy && { copy }) } };
  // npm runs scripts in the project's folder, but a relative path refers to the folder where the user called npm.
  const file = path.resolve(process.env.INIT_CWD ?? '.', target);
  if (!existsSync(file)) throw new ConfigError(`${option} ${text}: there is no file ${file}`);
  const stat = statSync(file);
  if (stat.isCharacterDevice()) return { ...common, source: { kind: 'device', path: file } };
  if (!stat.isFile()) throw new ConfigError(`${option} ${text}: ${file} is not a file`);
  return { ...common, source: { kind: 'file', path: file, ...(copy && { copy }) } };
}
