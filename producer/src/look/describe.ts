import type { FoundTrack, SourceLook } from '@topicast/contracts/look';
import type { EncodingPlan } from '../ffmpeg/arguments.js';
import { limitsOf } from '../ffmpeg/asked.js';
import { type ListedTrack, programmesOf, soundOf } from '../ffmpeg/listed-tracks.js';
import { hdrOf, readPicture } from '../ffmpeg/picture.js';
import { boxOf } from '../ffmpeg/picture-filter.js';
import type { Planned } from '../ffmpeg/plan.js';
import type { Probe } from '../ffmpeg/probe.js';

/** See `sourceLook`. */
const MOST_TRACKS = 64;
const MOST_NOTES = 16;
const LONGEST_NOTE = 400;
const RANGES = { smpte2084: 'pq', 'arib-std-b67': 'hlg' } as const;

const FOR_ALL = 'For the least delay, and so that every browser can play it.';
const IN_STEREO = 'In stereo, so that every browser can play it.';
const SILENCE = 'Where it is missing, silence takes its place.';

type Fate = Pick<FoundTrack, 'becomes' | 'why'>;
const leftOut = (why: string): Fate => ({ becomes: 'left out', why });

/** What was found and what becomes of it, in the words of the API. */
export function describe(
  probe: Probe,
  planned: Planned,
  limits: Parameters<typeof limitsOf>[0],
): Omit<SourceLook, 'still'> {
  const { plan, notes } = planned;
  return {
    container: probe.container,
    duration: probe.durationSeconds,
    tracks: probe.tracks.slice(0, MOST_TRACKS).map((track) => trackOf(track, probe, planned)),
    renditions: renditionsOf(probe, plan, limits),
    notes: notes.slice(0, MOST_NOTES).map((note) => note.slice(0, LONGEST_NOTE)),
  };
}

function trackOf(track: ListedTrack, probe: Probe, planned: Planned): FoundTrack {
  const number = probe.tracks.filter(({ kind }) => kind === track.kind).indexOf(track);
  const areSeveral = programmesOf(probe.tracks).size > 1;
  const { codec, language } = track;
  const common = { codec, language, programme: areSeveral ? [...track.programmes][0] : undefined };
  switch (track.kind) {
    case 'Video': {
      const picture = pictureOf(track, number, probe);
      return { kind: 'video', ...common, ...picture, ...fateOfPicture(number, probe, planned) };
    }
    case 'Audio': {
      const { sampleRate, layout } = soundOf(track);
      const sound = { sampleRate, channels: layout };
      return { kind: 'audio', ...common, ...sound, ...fateOfSound(number, probe, planned) };
    }
    case 'Data':
      return { kind: 'data', ...common, ...fateOfData(number, planned.plan) };
    case 'Subtitle':
      return { kind: 'subtitle', ...common, ...leftOut('Subtitles are not carried.') };
  }
}

function pictureOf({ line, beside }: ListedTrack, number: number, { pictureTrack, rate, namedRate }: Probe) {
  const picture = readPicture(line, beside);
  const hdr = picture && hdrOf(picture);
  return {
    width: picture?.width,
    height: picture?.height,
    // The packets of the others were not counted.
    frameRate: number === pictureTrack ? rounded(rate ?? namedRate) : undefined,
    isTurned: picture?.isTurned ?? false,
    isInterlaced: picture?.isInterlaced ?? false,
    range: hdr ? RANGES[hdr] : ('standard' as const),
  };
}

const rounded = (rate: number | undefined): number | undefined =>
  rate === undefined ? undefined : Math.round(rate * 100) / 100 || undefined;

function fateOfPicture(number: number, { pictureTrack }: Probe, { plan, obstacles }: Planned): Fate {
  if (plan.pictureTrack === 'none') return leftOut('Nothing of it comes.');
  if (number !== pictureTrack) return leftOut('A stream has one picture.');
  if (plan.video === 'copy') return { becomes: 'copied' };
  const filled = plan.isFilled || plan.isEvened ? ' Where pictures pause, the last one is repeated.' : '';
  return { becomes: 'encoded', why: (obstacles.picture ?? FOR_ALL) + filled };
}

function fateOfSound(number: number, { audio, soundTrack }: Probe, { plan, obstacles }: Planned): Fate {
  if (plan.allAudio) return { becomes: 'copied' };
  const isChosen = plan.awaitedSound === number || number === (plan.soundTrack ?? soundTrack);
  if (!audio[number]?.isUsable)
    return isChosen && plan.soundTrack !== 'none'
      ? { becomes: 'encoded', why: 'Nothing of it has come yet.' }
      : leftOut('Nothing of it comes, or it belongs to another programme.');
  if (!isChosen)
    return leftOut(plan.soundTrack === 'none' ? 'The sound is set to off.' : 'One sound is sent.');
  if (plan.audio === 'copy') return { becomes: 'copied' };
  return { becomes: 'encoded', why: `${obstacles.sound ?? IN_STEREO} ${SILENCE}` };
}

const fateOfData = (number: number, { data }: EncodingPlan): Fate =>
  data?.includes(number) ? { becomes: 'copied' } : leftOut('Nothing that is known can read it.');

function renditionsOf(
  { picture }: Probe,
  { video, pictureTrack, ladder }: EncodingPlan,
  limits: Parameters<typeof limitsOf>[0],
): SourceLook['renditions'] {
  if (!picture || pictureTrack === 'none') return [];
  if (video === 'copy') return [{ width: picture.width, height: picture.height }];
  const rungs = ladder ?? [limitsOf(limits)];
  return rungs.map((rung) => {
    const [width, height] = boxOf(picture, rung.height);
    return { width, height, bitrate: rung.bitrate };
  });
}
