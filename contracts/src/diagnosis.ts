import type { Analysis } from './analysis.js';
import type { Catalog } from './catalog.js';
import type { AudienceFigures, Finding, ProducerFigures } from './stream-health.js';
import { SEVERITIES } from './stream-health.js';
import { type Milliseconds, milliseconds } from './units.js';

/**
 * What is wrong with a stream, and what to change: the one place that decides. Notes of producers are made from the same
 * findings (`sentenceOf`).
 */

/** Encoders count in whole pictures, so two seconds may be a little more. */
const LONG_GOP: Milliseconds = milliseconds(2_200);
const SLOW_SPEED = 0.97;
/** Encoders never keep the pace for the first few seconds. */
const SETTLED: Milliseconds = milliseconds(10_000);
const FAR_BEHIND: Milliseconds = milliseconds(500);
const ROUGH: Milliseconds = milliseconds(250);
const SLOW_LOG: Milliseconds = milliseconds(200);
const UNEVEN_SHARE = 0.1;
/** One may be a change of the scene in the encoder. */
const MANY_JUMPS = 2;
const MANY_STALLED = 0.2;
/** High 10, High 4:2:2, High 4:4:4 and CAVLC 4:4:4 (ITU-T H.264 A.2). */
const RARE_PROFILE = /^avc[13]\.(6e|7a|f4|2c)/i;

export const FINDINGS = {
  reordering: {
    code: 'b-frames',
    severity: 'warning',
    words: 'The encoder sends B-frames, which add delay',
    remedy: 'set its B-frames to 0, or its tuning to zerolatency',
  },
  noSound: {
    code: 'no-sound',
    severity: 'hint',
    words: 'The encoder sends no sound',
    remedy: 'if there should be some, choose a sound device in the encoder',
  },
  noPicture: {
    code: 'no-picture',
    severity: 'hint',
    words: 'The encoder sends no picture',
    remedy: 'if there should be one, look at the scene and the video settings in the encoder',
  },
  sourceWithoutSound: {
    code: 'no-sound',
    severity: 'hint',
    words: 'The source has no sound',
    remedy: 'if there should be some, look at the source',
  },
  sourceWithoutPicture: {
    code: 'no-picture',
    severity: 'hint',
    words: 'The source has no picture',
    remedy: 'if there should be one, look at the source',
  },
  hevc: {
    code: 'hevc',
    severity: 'warning',
    words: 'The picture is HEVC, which many browsers cannot play',
    remedy: 'choose H.264 in the encoder, unless you know the browsers of your viewers',
  },
  rareProfile: {
    code: 'rare-profile',
    severity: 'warning',
    words: 'The picture has finer colours (4:4:4, 4:2:2 or 10 bits) than many browsers can show',
    remedy: 'choose the colour format NV12 or I420 in the encoder',
  },
  waitsForReordering: {
    code: 'no-vui',
    severity: 'warning',
    words: 'The bitstream does not say that it has no B-frames, so some players hold pictures back',
    remedy:
      'let the encoder write the bitstream restriction of the VUI (max_num_reorder_frames 0), or use another encoder',
  },
  uneven: {
    code: 'uneven-rate',
    severity: 'hint',
    words: 'The pictures come at an uneven rate',
    remedy:
      'set a constant frame rate in the encoder, and look whether it leaves pictures out for lack of power',
  },
  jumps: {
    code: 'jumps',
    severity: 'warning',
    words: 'The time stamps jump, or data is missing, so viewers see breaks',
    remedy: 'look at the connection of the encoder; if it is a good one, restart the encoder',
  },
  slowEncoder: {
    code: 'slow-encoder',
    severity: 'bad',
    words: 'The pictures are made more slowly than they are shown',
    remedy:
      'if the source comes in time, this machine is too slow: choose fewer or smaller renditions, or a lower frame rate',
  },
  slowSource: {
    code: 'slow-source',
    severity: 'bad',
    words: 'The source comes more slowly than it is shown',
    remedy: 'look at the connection to the source, or choose a smaller version of it',
  },
  slowUplink: {
    code: 'slow-uplink',
    severity: 'bad',
    words: 'What the encoder sends comes later and later: its uplink is too slow',
    remedy: 'lower the bitrate in the encoder, or use a better connection, by cable if possible',
  },
  roughUplink: {
    code: 'rough-uplink',
    severity: 'hint',
    words: 'What the encoder sends comes in fits and starts, which viewers may see',
    remedy: 'use a connection by cable, or a lower bitrate',
  },
  chunksLost: {
    code: 'chunks-lost',
    severity: 'bad',
    words: 'Pictures were lost, because the log does not take them',
    remedy: 'look at the disk, or the brokers, of the log',
  },
  slowLog: {
    code: 'slow-log',
    severity: 'warning',
    words: 'The log takes pictures slowly, which delays all viewers',
    remedy: 'look at the disk, or the brokers, of the log',
  },
} as const satisfies Record<string, Finding>;

export const longGop = (interval: Milliseconds): Finding => ({
  code: 'long-gop',
  severity: 'warning',
  words: `The encoder sends keyframes up to ${(interval / 1_000).toFixed(1)} s apart, so viewers join late`,
  remedy: 'set its keyframe interval to 1 s, or 2 s at most',
});

const stalledViewers = (share: number, hasLadder: boolean): Finding => ({
  code: 'viewers-stall',
  severity: share > 0.5 ? 'bad' : 'warning',
  words: `${Math.round(share * 100)} % of the viewers do not get the stream in time`,
  remedy: hasLadder
    ? 'lower the bitrate of the smallest rendition; if it is nearly all of them, look at the uplink of the gateway'
    : 'lower the bitrate, or add smaller renditions; if it is nearly all of them, look at the uplink of the gateway',
});

const ENCODE_AGAIN = 'encode it again here (do not send the video as it is)';

/** As a note. */
export const sentenceOf = ({ words, remedy }: Finding): string => `${words}: ${remedy}.`;

/** Whose settings they are: of the encoder that sends, or of a source that is passed on and could be encoded here. */
export type Sender = 'encoder' | 'source';

const findingOf = ({ kind, words }: Analysis['findings'][number]): Finding => {
  const [what = words, ...rest] = words.replace(/\.$/, '').split(': ');
  return {
    code: kind,
    severity: kind === 'quiet' ? 'hint' : 'warning',
    words: what,
    remedy: rest.join(': '),
  };
};

/** What an encoder's settings have to do with: what it sends, whatever the way is like. */
export interface Structure {
  readonly hasReordering: boolean;
  /** The longest GOP so far: ms of media. */
  readonly longestGop: Milliseconds;
}

export function findingsOnStructure({ hasReordering, longestGop }: Structure, sender: Sender): Finding[] {
  const findings = [
    ...(hasReordering ? [FINDINGS.reordering] : []),
    ...(longestGop > LONG_GOP ? [longGop(longestGop)] : []),
  ];
  return sender === 'encoder' ? findings : findings.map(ofSource);
}

const ofSource = (finding: Finding): Finding => ({
  ...finding,
  words: finding.words.replace('The encoder', 'The source, which is sent as it is,').replace('sends', 'has'),
  remedy: ENCODE_AGAIN,
});

export interface Diagnosed {
  /** Viewers see a slate: what is measured says nothing about the encoder. */
  readonly isAway?: boolean | undefined;
  /** Its streamer has switched the sound off. */
  readonly isSoundOff?: boolean | undefined;
  /** What somebody who looks and listens has found. */
  readonly analysis?: Analysis | undefined;
  readonly catalog: Catalog | undefined;
  /** Since it went live. */
  readonly liveFor: Milliseconds;
  readonly producer: ProducerFigures | undefined;
  readonly audience: AudienceFigures | undefined;
}

/** The worst first; none if all is well. */
export function diagnose({
  catalog,
  liveFor,
  producer,
  audience,
  analysis,
  isAway = false,
  isSoundOff = false,
}: Diagnosed): Finding[] {
  const findings = [
    ...(producer && !isAway ? findingsOnProducer(producer, liveFor) : []),
    ...(catalog && !isAway && liveFor >= SETTLED ? findingsOnTracks(catalog, producer?.way, isSoundOff) : []),
    ...(analysis && !isAway ? analysis.findings.map(findingOf) : []),
    ...(audience ? findingsOnAudience(audience, (catalog?.renditions.length ?? 1) > 1) : []),
  ];
  return findings.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

function findingsOnProducer(figures: ProducerFigures, liveFor: Milliseconds): Finding[] {
  const { way, hasReordering, keyframeInterval = 0, speed = 1, behind = 0, late } = figures;
  const isSettled = liveFor >= SETTLED;
  // One alone may be a burst that was held up for a moment.
  const isSlow = isSettled && speed < SLOW_SPEED && behind > FAR_BEHIND;
  const isUplinkSlow = way === 'sent' && isSlow;
  const found: readonly (Finding | false)[] = [
    ...findingsOnStructure(
      { hasReordering, longestGop: milliseconds(keyframeInterval) },
      way === 'copied' ? 'source' : 'encoder',
    ),
    !hasReordering && figures.waitsForReordering === true && FINDINGS.waitsForReordering,
    figures.jumps >= MANY_JUMPS && FINDINGS.jumps,
    (figures.uneven ?? 0) > UNEVEN_SHARE && way !== 'encoded' && FINDINGS.uneven,
    isUplinkSlow && FINDINGS.slowUplink,
    way === 'sent' && !isUplinkSlow && isSettled && (late?.p95 ?? 0) > ROUGH && FINDINGS.roughUplink,
    way === 'encoded' && isSlow && FINDINGS.slowEncoder,
    way === 'copied' && isSlow && FINDINGS.slowSource,
    figures.dropped > 0 && FINDINGS.chunksLost,
    (figures.append?.p95 ?? 0) > SLOW_LOG && FINDINGS.slowLog,
  ];
  return found.filter((finding) => finding !== false);
}

function findingsOnTracks(
  { renditions }: Catalog,
  way: ProducerFigures['way'] | undefined,
  isSoundOff: boolean,
): Finding[] {
  const tracks = renditions.flatMap(({ tracks }) => tracks);
  const videos = tracks.filter((track) => track.kind === 'video');
  const isSource = way === 'copied' || way === 'encoded';
  const found: readonly (Finding | false)[] = [
    videos.some(({ codec = '' }) => /^(hvc1|hev1)/.test(codec)) &&
      (isSource ? { ...FINDINGS.hevc, remedy: ENCODE_AGAIN } : FINDINGS.hevc),
    videos.some(({ codec = '' }) => RARE_PROFILE.test(codec)) &&
      (isSource ? { ...FINDINGS.rareProfile, remedy: ENCODE_AGAIN } : FINDINGS.rareProfile),
    !isSoundOff &&
      tracks.every(({ kind }) => kind !== 'audio') &&
      (isSource ? FINDINGS.sourceWithoutSound : FINDINGS.noSound),
    videos.length === 0 && (isSource ? FINDINGS.sourceWithoutPicture : FINDINGS.noPicture),
  ];
  return found.filter((finding) => finding !== false);
}

function findingsOnAudience({ viewers, stalled }: AudienceFigures, hasLadder: boolean): Finding[] {
  const share = viewers > 0 ? stalled / viewers : 0;
  return share >= MANY_STALLED ? [stalledViewers(share, hasLadder)] : [];
}
