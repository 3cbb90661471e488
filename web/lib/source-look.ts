import { languageName } from '@topicast/contracts/language';
import type { FoundTrack, SourceLook } from '@topicast/contracts/look';
import { formatBitrate, formatDuration, formatFrameRate, formatResolution } from './format';

/** A track as the studio shows it. */
export interface LookLine {
  readonly name: string;
  /** `h264, 1280 × 720, 25 fps` */
  readonly facts: string;
  readonly fate: FoundTrack['becomes'];
  readonly why: string | undefined;
}

const KINDS = { video: 'Picture', audio: 'Sound', data: 'Data', subtitle: 'Subtitles' } as const;
const RANGES = { standard: undefined, pq: 'HDR (PQ)', hlg: 'HDR (HLG)' } as const;

export function lookLines({ tracks }: SourceLook): LookLine[] {
  return tracks.map((track) => ({
    name: KINDS[track.kind],
    facts: factsOf(track).filter(Boolean).join(', '),
    fate: track.becomes,
    why: track.why,
  }));
}

function factsOf(track: FoundTrack): (string | undefined)[] {
  const { codec, language, programme } = track;
  const where = [
    language && languageName(language),
    programme === undefined ? undefined : `programme ${programme}`,
  ];
  switch (track.kind) {
    case 'video':
      return [
        ...[codec, formatResolution(track), track.frameRate && `${formatFrameRate(track.frameRate)} fps`],
        ...[RANGES[track.range], track.isTurned && 'turned', track.isInterlaced && 'interlaced', ...where],
      ].map((fact) => fact || undefined);
    case 'audio':
      return [codec, track.channels, track.sampleRate && `${track.sampleRate / 1_000} kHz`, ...where].map(
        (fact) => fact || undefined,
      );
    default:
      return [codec, ...where];
  }
}

/** `A recording of 3 min 5 s, in matroska. Viewers get 720p (up to 3.0 Mbit/s) and 360p (…).` */
export function lookSummary({ duration, container, renditions, tracks }: SourceLook): string {
  const kind = duration === undefined ? 'Live' : `A recording of ${formatDuration(duration * 1_000)}`;
  const offered = renditions.map(
    (each) => `${formatResolution(each)}${each.bitrate ? ` (up to ${formatBitrate(each.bitrate)})` : ''}`,
  );
  return `${kind}, in ${container.split(',')[0]}. ${viewersGet(offered, tracks)}`;
}

/** The numbers of the programmes of an MPEG-TS that has several, as a form holds them. */
export const programmesIn = ({ tracks }: SourceLook): string[] => [
  ...new Set(tracks.flatMap(({ programme }) => (programme === undefined ? [] : String(programme)))),
];

/** The languages that the sound can be sent in, each once; empty if there is nothing to choose. */
export function soundLanguages({ tracks }: SourceLook): string[] {
  const spoken = tracks.flatMap((track) => (track.kind === 'audio' && track.language ? track.language : []));
  const different = [...new Map(spoken.map((each) => [languageName(each), each])).values()];
  return different.length > 1 ? different.filter((each) => /^[a-z]{2,3}$/.test(each)) : [];
}

function viewersGet(offered: readonly string[], tracks: SourceLook['tracks']): string {
  if (offered.length > 0) return `Viewers get ${offered.join(', ')}.`;
  const awaitsPicture = tracks.some(({ kind, becomes }) => kind === 'video' && becomes !== 'left out');
  return awaitsPicture ? 'No picture of it has come yet.' : 'Viewers get sound alone.';
}
