/** The tracks of an input, from the lines that ffmpeg prints about it. */

/** A track, as ffmpeg lists it. */
export interface ListedTrack {
  readonly index: number;
  readonly kind: 'Video' | 'Audio' | 'Data' | 'Subtitle';
  readonly codec: string;
  /** ISO 639, as the source says. */
  readonly language: string | undefined;
  readonly line: string;
  /** The lines that follow, up to the next track. */
  readonly beside: string[];
  /** The numbers of those that it is part of. */
  readonly programmes: ReadonlySet<number>;
}

/** By their index, as ffmpeg's `-map` counts them: it prints them by programme, and those of several programmes twice. */
export function tracksIn(lines: readonly string[]): ListedTrack[] {
  const tracks = new Map<number, ListedTrack>();
  let programme: number | undefined;
  let beside: string[] = [];
  for (const line of lines) {
    const [named, number] = /^ {1,9}(?:No Program|Program (\d{1,5}))/.exec(line) ?? [];
    if (named) programme = number === undefined ? undefined : Number(number);
    const [, index, language, kind, codec] =
      /^ {1,9}Stream #0:(\d{1,6})(?:\[0x[0-9a-f]{1,8}\])?(?:\(([\w-]{2,35})\))?.*?: (Video|Audio|Data|Subtitle): (\w{1,40})/.exec(
        line,
      ) ?? [];
    if (!index && !/^ {1,9}Stream #/.test(line)) beside.push(line);
    else beside = [];
    if (!kind || !codec || line.includes('(attached pic)')) continue;
    const before = tracks.get(Number(index))?.programmes ?? [];
    const programmes = new Set([...before, ...(programme === undefined ? [] : [programme])]);
    tracks.set(Number(index), {
      ...{ index: Number(index), kind: kind as ListedTrack['kind'], codec, line, beside, programmes },
      language: language === 'und' ? undefined : language,
    });
  }
  return [...tracks.values()].sort((one, other) => one.index - other.index);
}

/** The numbers of all that a source has. */
export const programmesOf = (tracks: readonly ListedTrack[]): ReadonlySet<number> =>
  new Set(tracks.flatMap(({ programmes }) => [...programmes]));

/** What the line of a sound track says; a layout may be ffmpeg's guess from the number of channels. */
export function soundOf({ line }: ListedTrack): {
  readonly sampleRate: number | undefined;
  readonly layout: string | undefined;
} {
  const [, rate, layout] = /, (\d{1,7}) Hz(?:, ([^,]{1,40}))?/.exec(line) ?? [];
  return { sampleRate: Number(rate) || undefined, layout };
}
