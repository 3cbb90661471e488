import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const works = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;

/** A Python that has kafka-python: only Debian's own Python sees Debian's package python3-kafka. */
const PYTHON = ['python3', '/usr/bin/python3'].find((python) => works(python, '-c', 'import kafka'));

/** Why other people's clients cannot be tried here, as the reason for a skipped suite. */
export function otherClientsMissing(): string | undefined {
  const missing = [
    !PYTHON && 'python3-kafka',
    !works('kcat', '-V') && 'kcat',
    !works('ffprobe', '-version') && 'ffprobe',
  ].filter(Boolean);
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined;
}

/** One of the scripts of docs/examples, to its end. `input` is written to its standard input as it comes. */
export async function example(
  script: string,
  args: readonly string[],
  input: AsyncIterable<Uint8Array> | Iterable<Uint8Array> = [],
): Promise<string> {
  const file = fileURLToPath(new URL(`../../docs/examples/${script}`, import.meta.url));
  const child = spawn(PYTHON!, [file, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  // The script's own output explains an early end better.
  child.stdin.on('error', () => undefined);
  const feed = async (): Promise<void> => {
    for await (const bytes of input) child.stdin.write(bytes);
    child.stdin.end();
  };
  const ended = once(child, 'close');
  const [out, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
    feed(),
  ]);
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${complaints}`);
  return out;
}

/** Runs kcat as a consumer of everything in a topic; returns its output as bytes. */
export async function kcat(brokers: string, topic: string, ...args: string[]): Promise<Buffer> {
  const all = ['-q', '-C', '-b', brokers, '-t', topic, '-e', ...args];
  const { stdout } = await run('kcat', all, { encoding: 'buffer', maxBuffer: 1 << 28 });
  return stdout;
}

export interface Packet {
  readonly kind: 'video' | 'audio';
  readonly pts: number;
  readonly dts: number;
  /** The place of its first TS packet in the file. */
  readonly at: number;
  readonly hash: string;
}

/** What ffprobe finds in a file of MPEG-TS: every access unit and audio frame, in order of the file. */
export async function packetsOf(file: string): Promise<Packet[]> {
  const { stdout } = await run(
    'ffprobe',
    `-v error -show_packets -show_data_hash md5 -of json ${file}`.split(' '),
    { maxBuffer: 1 << 28 },
  );
  const { packets } = JSON.parse(stdout) as {
    packets: { codec_type: Packet['kind']; pts: number; dts: number; pos: string; data_hash: string }[];
  };
  return packets.map(({ codec_type: kind, pts, dts, pos, data_hash: hash }) => ({
    kind,
    pts,
    dts,
    at: Number(pos),
    hash,
  }));
}

/** Pictures that ffprobe can decode, as `ffprobe -count_frames` prints it. */
export async function countFrames(file: string): Promise<number> {
  const { stdout, stderr } = await run(
    'ffprobe',
    `-v error -count_frames -select_streams v:0 -show_entries stream=nb_read_frames -of csv=p=0 ${file}`.split(
      ' ',
    ),
  );
  if (stderr) throw new Error(`ffprobe complains: ${stderr}`);
  return Number(stdout.trim().split('\n')[0]);
}
