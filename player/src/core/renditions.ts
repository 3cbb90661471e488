import type { Catalog, Rendition } from '@topicast/contracts/catalog';
import { codecName } from '@topicast/contracts/codec-name';
import { audioOf, videoOf } from '@topicast/contracts/tracks';
import type { PlayerRendition, WantedRendition } from './types.js';

/** Whether the browser plays a MIME type, as `MediaSource.isTypeSupported` says. */
type Supports = (mimeType: string) => boolean;

/** The MIME types that the source buffers of a rendition will have. Tracks without a codec name are left out. */
const mimeTypesOf = (rendition: Rendition): string[] =>
  [videoOf(rendition), audioOf(rendition)].flatMap((track) =>
    track?.codec ? [`${track.kind}/mp4; codecs="${track.codec}"`] : [],
  );

/** What a browser can play of a catalog. */
export interface Playability {
  /** Renditions for which it lacks a decoder. Tracks without a codec name count as playable. */
  readonly unplayable: readonly number[];
  /** For viewers, if there is no other rendition: what the browser lacks to play the best one. */
  readonly problem: string;
}

export function judgePlayability({ renditions }: Catalog, supports: Supports): Playability {
  const lacking = (each: Rendition) => mimeTypesOf(each).filter((mimeType) => !supports(mimeType));
  const unplayable = renditions.filter((each) => lacking(each).length > 0);
  const best = unplayable[0];
  return {
    unplayable: unplayable.map(({ rendition }) => rendition),
    problem: cannotPlay(best ? lacking(best) : []),
  };
}

interface RenditionChoice {
  readonly wanted: WantedRendition;
  /** The one in use, which stays unless there is a reason for another one. */
  readonly current?: number | undefined;
  readonly unplayable: ReadonlySet<number>;
}

/**
 * The rendition to play: the wanted one if it is offered and playable, otherwise the present one if it is playable,
 * otherwise the best playable one. Undefined if there is none.
 */
export function chooseRendition(
  { renditions }: Catalog,
  { wanted, current, unplayable }: RenditionChoice,
): number | undefined {
  const playable = renditions.map(({ rendition }) => rendition).filter((each) => !unplayable.has(each));
  const preferred = [wanted, current].find((each) => playable.some((one) => one === each));
  if (typeof preferred === 'number') return preferred;
  return playable.length > 0 ? Math.min(...playable) : undefined;
}

/** For viewers: `This browser cannot play HEVC video (hvc1.1.6.L93.b0) and Opus sound (opus).` */
export function cannotPlay(mimeTypes: readonly string[]): string {
  const parts = mimeTypes.map((mimeType) => {
    const codec = /codecs="(.*)"/.exec(mimeType)?.[1] ?? mimeType;
    return `${codecName(codec)} ${mimeType.startsWith('audio') ? 'sound' : 'video'} (${codec})`;
  });
  return `This browser cannot play ${parts.join(' and ')}.`;
}

/** For the page: the catalog's renditions, best first. */
export function describeRenditions({ renditions }: Catalog, supports: Supports): PlayerRendition[] {
  const described = renditions.map((each): PlayerRendition => {
    const video = videoOf(each);
    return {
      rendition: each.rendition,
      playable: mimeTypesOf(each).every(supports),
      bitrate: each.bitrate,
      width: video?.width,
      height: video?.height,
      frameRate: video?.frameRate,
      videoCodec: video?.codec,
      audioCodec: audioOf(each)?.codec,
    };
  });
  return described.sort((a, b) => a.rendition - b.rendition);
}
