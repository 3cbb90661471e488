import type { AudioTrack, Rendition, VideoTrack } from '@topicast/contracts/catalog';
import type { Source, StreamInfo } from '@topicast/contracts/http';
import { languageName } from '@topicast/contracts/language';
import { audioOf, videoOf } from '@topicast/contracts/tracks';
import {
  codecName,
  formatBitrate,
  formatDuration,
  formatFrameRate,
  formatLoudness,
  formatResolution,
} from './format';

/** A source as the studio shows it in one line. */
export function describeSource(source: Source | undefined): string {
  switch (source?.kind) {
    case 'test':
      return 'test picture';
    case 'file':
      return source.path + asItIs(source.copy);
    case 'url':
      return withoutPassword(source.url) + asItIs(source.copy);
    case 'device':
      return source.path;
    case 'ingest':
      return 'an encoder that publishes';
    case 'topic':
    case undefined:
      return 'existing topic';
  }
}

const asItIs = (copy: boolean | undefined): string => (copy ? ' (sent as it is)' : '');

// Addresses of cameras contain passwords, and people may see a studio's screen.
const withoutPassword = (url: string): string => url.replace(/^(\w+:\/\/[^/:@]*):[^/@]*@/, '$1:•••@');

/** What you can do with a stream's encoder. */
interface EncoderActions {
  /** The one of the two that changes something; undefined where there is no encoder. */
  readonly toggle: 'start' | 'stop' | undefined;
  readonly restart: boolean;
}

export function encoderAction({ source, enabled, state }: StreamInfo): EncoderActions {
  if (source === undefined || source.kind === 'topic') return { toggle: undefined, restart: false };
  const wanted = enabled ?? (state === 'live' || state === 'starting');
  return { toggle: wanted ? 'stop' : 'start', restart: wanted && state === 'failed' };
}

/** The best rendition that is on air, with its video and its audio. */
export function onAir({ catalog }: StreamInfo): {
  readonly rendition: Rendition | undefined;
  readonly video: VideoTrack | undefined;
  readonly audio: AudioTrack | undefined;
} {
  const rendition = catalog?.renditions[0];
  return {
    rendition,
    video: videoOf(rendition),
    audio: audioOf(rendition),
  };
}

/** The sizes that viewers can choose from; undefined where there is no choice. */
function renditionNames({ catalog }: StreamInfo): string | undefined {
  const heights = (catalog?.renditions ?? []).flatMap(({ tracks }) =>
    tracks.flatMap((track) => (track.kind === 'video' && track.height ? [`${track.height}p`] : [])),
  );
  return heights.length > 1 ? heights.join(', ') : undefined;
}

/** The known facts of a running stream, in the order in which they are shown. */
export function streamFacts(stream: StreamInfo, now: number | undefined): [name: string, value: string][] {
  const { startedAt, state, restarts, analysis } = stream;
  const { rendition, video, audio } = onAir(stream);
  const live = state === 'live';
  const facts: [string, string | undefined][] = [
    ['Resolution', video && formatResolution(video)],
    ['Frame rate', video?.frameRate ? `${formatFrameRate(video.frameRate)} fps` : undefined],
    ['Renditions', live ? renditionNames(stream) : undefined],
    ['Bit rate', live && rendition?.bitrate ? formatBitrate(rendition.bitrate) : undefined],
    [
      'Codecs',
      [video?.codec, audio?.codec].flatMap((codec) => (codec ? [codecName(codec)] : [])).join(' + ') ||
        undefined,
    ],
    ['Loudness', live && analysis?.loudness !== undefined ? formatLoudness(analysis.loudness) : undefined],
    ['Sound in', live && audio?.language ? languageName(audio.language) : undefined],
    ['Viewers', live || stream.viewers > 0 ? String(stream.viewers) : undefined],
    [
      'On air',
      live && startedAt && now !== undefined ? formatDuration(now - Date.parse(startedAt)) : undefined,
    ],
    ['Restarts', restarts ? String(restarts) : undefined],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}
