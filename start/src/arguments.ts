import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError } from '@topicast/contracts/config';
import { isStreamId, streamId } from '@topicast/contracts/stream-id';
import type { CommandLineInput } from '@topicast/producer';

export const HELP = `  --input name=FILE_OR_URL   a stream from a file (looped, in real time), an http(s), rtmp(s), rtsp(s) or srt URL,
                             or a capture device (/dev/video0); encoded for low latency; may be repeated
  --copy name=FILE_OR_URL    the same with the video as it is: less work, but the source's own delay
  --demo, --no-demo          with or without the stream "demo", a moving test picture with a clock
  --help                     this text
`;

const URL_PATTERN = /^[a-z][a-z0-9+.-]*:\/\//i;
const STREAMABLE_URL = /^(https?|rtmps?|rtsps?|srt):\/\//i;

/** The streams declared on a command line. @throws {ConfigError} with one line for the user. */
export function parseArguments(
  args: readonly string[],
  { demo: demoByDefault }: { demo: boolean },
): { inputs: CommandLineInput[]; help: boolean } {
  const { values, positionals } = parse(args);
  if (positionals.length > 0) {
    throw new ConfigError(
      `"${positionals[0]}" is not understood: write --input name=FILE_OR_URL (see --help)`,
    );
  }
  const inputs: CommandLineInput[] = [];
  if (values.demo ?? demoByDefault) {
    inputs.push({ id: streamId('demo'), title: 'Demo', source: { kind: 'test' } });
  }
  for (const text of values.input ?? []) inputs.push(parseInput(text, '--input', false));
  for (const text of values.copy ?? []) inputs.push(parseInput(text, '--copy', true));
  const names = inputs.map(({ id }) => id);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) {
    const advice =
      twice === 'demo' ? 'add --no-demo, or choose another name' : 'give each one a name of its own';
    throw new ConfigError(`the stream "${twice}" is declared twice: ${advice}`);
  }
  return { inputs, help: values.help ?? false };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: {
        input: { type: 'string', multiple: true },
        copy: { type: 'string', multiple: true },
        demo: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    // Node's own words go on about positional arguments after the first sentence.
    const [problem] = String(error instanceof Error ? error.message : error).split('. ');
    throw new ConfigError(`${problem} (see --help)`, { cause: error });
  }
}

function parseInput(text: string, option: string, copy: boolean): CommandLineInput {
  const equals = text.indexOf('=');
  const name = text.slice(0, equals);
  const target = text.slice(equals + 1);
  if (equals < 1 || target === '') throw new ConfigError(`${option} ${text}: write name=FILE_OR_URL`);
  if (!isStreamId(name)) {
    throw new ConfigError(`${option} ${text}: "${name}" is no stream id; use a-z, 0-9 and "-", at most 63`);
  }
  const common = { id: streamId(name), title: name };
  if (URL_PATTERN.test(target) && !STREAMABLE_URL.test(target)) {
    throw new ConfigError(
      `${option} ${text}: only http(s), rtmp(s), rtsp(s) and srt addresses can be streamed`,
    );
  }
  if (URL_PATTERN.test(target))
    return { ...common, source: { kind: 'url', url: target, ...(copy && { copy }) } };
  // npm runs scripts in the project; a relative path means the folder where the user called it.
  const file = path.resolve(process.env.INIT_CWD ?? '.', target);
  if (!existsSync(file)) throw new ConfigError(`${option} ${text}: there is no file ${file}`);
  const stat = statSync(file);
  if (stat.isCharacterDevice()) return { ...common, source: { kind: 'device', path: file } };
  if (!stat.isFile()) throw new ConfigError(`${option} ${text}: ${file} is not a file`);
  return { ...common, source: { kind: 'file', path: file, ...(copy && { copy }) } };
}
