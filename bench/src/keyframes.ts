import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { footage } from '@topicast/test/footage';
import { quantile } from '@topicast/test/glass';
import { badNetwork, badNetworkUnavailable } from '@topicast/test/network/bad-network';
import { startStreamServer } from '@topicast/test/network/server-process';
import { temporaryFolder } from '@topicast/test/temporary';
import { type Encoded, encode, type Original, original } from './keyframes/encode.js';
import { ENCODINGS } from './keyframes/encodings.js';
import { delaysOnLink } from './keyframes/queue.js';
import { recordArrivals } from './network/arrivals.js';
import { impose, readConditions } from './network/conditions.js';
import { readOptions } from './options.js';
import { table } from './table.js';

/**
 * What ways of encoding keyframes cost in quality, and what they do to the age of the pictures on a narrow link. All of
 * them get the same bitrate. The ages are calculated from the sizes, and with `--link` also measured over a real TCP
 * connection with our gateway.
 */
const options = readOptions(
  'keyframes',
  {
    json: { type: 'string' },
    seconds: { type: 'string', default: '30' },
    only: { type: 'string' },
    link: { type: 'boolean', default: false },
  },
  ['seconds'],
  { only: 'film|camera' },
);
const seconds = Number(options.seconds);
const LINKS_KBIT = [10_000, 4_000] as const;
/** The factor of the producer. */
const CRF = 23;
const KBIT = 1000;

const FILM = { clip: 'tears-of-steel-clip.webm', pictureRate: 24, filter: 'fps=24' } as const;
const CAMERA = { clip: 'flower.mp4', pictureRate: 30, filter: 'fps=30' } as const;
/** Each once with a ceiling of the bitrate that it never reaches, and once with a low one. */
const SCENES = [
  { ...FILM, name: 'film, 3 Mbit/s', bitrate: 3000 * KBIT },
  { ...FILM, name: 'film, 0.8 Mbit/s', bitrate: 800 * KBIT },
  { ...CAMERA, name: 'camera, 3 Mbit/s', bitrate: 3000 * KBIT },
  { ...CAMERA, name: 'camera, 1.2 Mbit/s', bitrate: 1200 * KBIT },
] as const;

interface Row extends Omit<Encoded, 'sizes' | 'file'> {
  readonly scene: string;
  readonly encoding: string;
  /** For each link: ms. */
  readonly calculated: readonly Ages[];
  readonly measured: readonly Ages[];
}

interface Ages {
  readonly p50: number;
  readonly p99: number;
}

const agesOf = (ages: readonly number[]): Ages => ({ p50: quantile(ages, 0.5), p99: quantile(ages, 0.99) });

await using network = options.link ? await openNetwork() : undefined;
const rows: Row[] = [];
for (const scene of SCENES.filter(({ name }) => !options.only || name.startsWith(options.only))) {
  using folder = temporaryFolder();
  const file = original(footage(scene.clip).path, folder.path, seconds, scene.filter);
  const from: Original = { ...scene, file };
  let kbit: number | undefined;
  for (const [index, encoding] of ENCODINGS.entries()) {
    const made = encode(from, encoding, path.join(folder.path, `${index}.ts`), {
      crf: CRF,
      ...(kbit && { kbit }),
    });
    kbit ??= made.kbitPerSecond;
    const { sizes, file: _, ...figures } = made;
    rows.push({
      ...{ scene: scene.name, encoding: encoding.name, ...figures },
      calculated: LINKS_KBIT.map((rate) => agesOf(delaysOnLink(sizes, from.pictureRate, rate * KBIT))),
      measured: await measure(made.file),
    });
    process.stderr.write(`${scene.name}: ${encoding.name}\n`);
    if (options.json)
      await writeFile(options.json, `${JSON.stringify({ bench: 'keyframes', seconds, rows }, null, 2)}\n`);
  }
}
show();

async function openNetwork() {
  const unavailable = badNetworkUnavailable();
  if (!unavailable) return badNetwork();
  process.stderr.write(`${unavailable}\n`);
  process.exit(1);
}

/** Play the file over each of the links, one after the other. */
async function measure(file: string): Promise<Ages[]> {
  const ages: Ages[] = [];
  if (!network) return ages;
  for (const rate of LINKS_KBIT) {
    await impose(network, readConditions(`delay=25,rate=${rate}`));
    await using server = await startStreamServer(network, 'replay-server.ts', 'replay', [file]);
    const arrivals = await recordArrivals(network, server.address, seconds / 2);
    const settled = arrivals.filter(({ arrivedMs }) => arrivedMs - arrivals[0]!.arrivedMs > 3_000);
    ages.push(agesOf(settled.map(({ arrivedMs, takenInMs }) => arrivedMs - takenInMs)));
  }
  return ages;
}

function show(): void {
  const ofAges = (ages: readonly Ages[]) =>
    LINKS_KBIT.map((_, link) => {
      const one = ages[link];
      return one ? `${one.p50.toFixed(0)} / ${one.p99.toFixed(0)}` : '-';
    });
  const links = (what: string) => LINKS_KBIT.map((rate) => `${what}, ${rate / KBIT} Mbit/s`);
  table(
    [
      ...['scene', 'encoding', 'crf', 'kbit/s', 'keyframe p50 KB', 'largest KB', 'SSIM', 'worst 1 %'],
      ...links('p50 / p99 ms calculated'),
      ...links('measured'),
    ],
    rows.map((row) => [
      ...[
        row.scene,
        row.encoding,
        row.crf.toFixed(1),
        row.kbitPerSecond.toFixed(0),
        row.keyframeP50Kb.toFixed(1),
      ],
      ...[row.largestKb.toFixed(1), row.ssim.toFixed(4), row.ssimP1.toFixed(4)],
      ...ofAges(row.calculated),
      ...ofAges(row.measured),
    ]),
  );
}
