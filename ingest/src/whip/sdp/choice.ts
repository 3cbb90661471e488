import { type Offer, type OfferedCodec, type OfferedSection, parameterOf } from './offer.js';

/** What of an offer we take: at most one picture, and one sound. */
export interface Choice {
  readonly picture: ChosenTrack;
  readonly sound: ChosenTrack | undefined;
  /** What its owner should change although it is taken, one sentence each. */
  readonly notes: readonly string[];
}

export interface ChosenTrack {
  readonly section: OfferedSection;
  readonly codec: OfferedCodec;
  /** With which lost packets are sent again. */
  readonly repair: OfferedCodec | undefined;
  /** The number of the extension with which packets are counted over all tracks. */
  readonly transportSequenceId: number | undefined;
}

const PROTOCOL = 'UDP/TLS/RTP/SAVPF';
export const TRANSPORT_SEQUENCE = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
/** Of timestamps (RFC 6184 8.2.1, RFC 7587 4.1). */
const H264_RATE = 90_000;
const OPUS_RATE = 48_000;

/** @returns why nothing can be taken, in words for the streamer, if so */
export function choose({ sections }: Offer): Choice | string {
  const sent = sections.filter(({ isSending, protocol }) => isSending && protocol === PROTOCOL);
  const picture = firstTrack(sent, 'video', isOurPicture);
  const sound = firstTrack(sent, 'audio', ({ name, rate }) => name === 'opus' && rate === OPUS_RATE);
  if (!picture) {
    const names = namesOf(sent, 'video');
    return names === ''
      ? 'The encoder sends no picture: choose a picture to send.'
      : `The encoder offers its picture as ${names}, which is not passed on here: choose H.264 as its video encoder.`;
  }
  const foreign = sound ? '' : namesOf(sent, 'audio');
  const notes =
    foreign === ''
      ? []
      : [`The encoder sends its sound as ${foreign}, which is left out: choose Opus as its audio encoder.`];
  return { picture, sound, notes };
}

/** H.264 whose NAL units are sent one after the other (packetization modes 0 and 1, RFC 6184 6). */
function isOurPicture({ name, rate, parameters }: OfferedCodec): boolean {
  const mode = parameterOf(parameters, 'packetization-mode') ?? '0';
  return name === 'h264' && rate === H264_RATE && (mode === '0' || mode === '1');
}

function firstTrack(
  sections: readonly OfferedSection[],
  kind: string,
  isOurs: (codec: OfferedCodec) => boolean,
): ChosenTrack | undefined {
  for (const section of sections) {
    if (section.kind !== kind) continue;
    const ours = section.codecs.filter(isOurs);
    const isSplit = ({ parameters }: OfferedCodec): boolean => parameters.includes('packetization-mode=1');
    const codec = ours.find(isSplit) ?? ours[0];
    if (!codec) continue;
    const repair = section.codecs.find(
      ({ name, parameters }) =>
        name === 'rtx' && parameterOf(parameters, 'apt') === String(codec.payloadType),
    );
    const canCount = codec.feedback.includes('transport-cc');
    const transportSequenceId = canCount ? section.extensions.get(TRANSPORT_SEQUENCE) : undefined;
    return { section, codec, repair, transportSequenceId };
  }
  return undefined;
}

/** For people, so nothing but letters and digits. */
function namesOf(sections: readonly OfferedSection[], kind: string): string {
  const names = sections.filter((section) => section.kind === kind).flatMap(({ codecs }) => codecs);
  const shown = names
    .filter(({ name }) => !HELPERS.has(name))
    .map(({ name }) => name.replace(/[^\w.-]/g, '?'));
  return [...new Set(shown)].slice(0, 4).join(', ').toUpperCase().slice(0, 100);
}

/** Repeated packets, redundant ones, comfort noise, tones: no codecs that somebody could choose. */
const HELPERS = new Set(['rtx', 'red', 'ulpfec', 'flexfec-03', 'cn', 'telephone-event']);
