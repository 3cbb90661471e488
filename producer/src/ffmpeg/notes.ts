import type { EncodingPlan } from './arguments.js';
import { programmesOf, soundOf } from './listed-tracks.js';
import { hdrOf, type Picture } from './picture.js';
import type { Probe } from './probe.js';

export const HDR_STAYS =
  'The picture is HDR, and this ffmpeg cannot convert it (it has no filters zscale and tonemap), so it may look pale or dark.';
const HDR_NAMES = { smpte2084: 'PQ', 'arib-std-b67': 'HLG' } as const;
const FEW_CHANNELS: ReadonlySet<string> = new Set(['mono', 'stereo', '1 channels', '2 channels', 'downmix']);

/** What is done with a source that is not obvious, one sentence each. @param chosen by the streamer, who knows of it */
export function notesOn(
  probe: Probe,
  plan: EncodingPlan,
  chosen: { readonly programme: number | undefined; readonly frameRate: number | undefined },
): string[] {
  const notes = [
    ...(probe.picture ? notesOnPicture(probe.picture, plan) : []),
    chosen.frameRate === undefined ? onRate(probe, plan) : undefined,
    onProgrammes(probe, chosen.programme),
    onSound(probe, plan),
  ];
  return notes.filter((note) => note !== undefined);
}

/** What is done with the picture, where it is encoded. */
export function notesOnPicture(picture: Picture, plan: EncodingPlan): string[] {
  if (plan.video === 'copy' || plan.pictureTrack === 'none') return [];
  const hdr = hdrOf(picture);
  const notes = [
    hdr &&
      (plan.shown?.hdr
        ? `The picture is HDR (${HDR_NAMES[hdr]}): it is brought to the colours that all screens show.`
        : HDR_STAYS),
    picture.isTurned ? 'The picture is turned, as its container says.' : undefined,
    picture.isInterlaced && !plan.isProgressive
      ? 'The picture is interlaced: whole pictures are made of its fields.'
      : undefined,
  ];
  return notes.filter((note) => note !== undefined);
}

function onRate({ rate }: Probe, plan: EncodingPlan): string | undefined {
  if (!plan.isEvened || plan.rate === undefined || plan.video === 'copy') return undefined;
  const measured = rate === undefined ? '' : ` (${rounded(rate)} a second)`;
  return `The pictures come slowly or unevenly${measured}: they are repeated, to make ${rounded(plan.rate)} a second.`;
}

function onProgrammes({ tracks, pictureTrack }: Probe, wanted: number | undefined): string | undefined {
  const programmes = programmesOf(tracks);
  const picture = tracks.filter(({ kind }) => kind === 'Video')[pictureTrack];
  const [chosen] = picture?.programmes ?? [];
  if (wanted !== undefined && wanted !== chosen) {
    const instead = chosen === undefined ? '' : `: number ${chosen} is streamed`;
    return `The source has no programme ${wanted}${instead}.`;
  }
  if (wanted !== undefined || programmes.size < 2 || chosen === undefined) return undefined;
  return `The source has ${programmes.size} programmes: number ${chosen} is streamed.`;
}

function onSound({ tracks, audio, video }: Probe, plan: EncodingPlan): string | undefined {
  if (audio.length === 0) return 'The source has no sound.';
  if (video === undefined) return 'The source has no picture.';
  const { soundTrack = 0 } = plan;
  const track = soundTrack === 'none' ? undefined : tracks.filter(({ kind }) => kind === 'Audio')[soundTrack];
  const layout = track && soundOf(track).layout;
  if (plan.audio === 'copy' || layout === undefined || FEW_CHANNELS.has(layout)) return undefined;
  return `The sound has more than two channels (${layout}): it is mixed down to stereo.`;
}

const rounded = (rate: number): string => String(Math.round(rate * 10) / 10);
