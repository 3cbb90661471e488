import { isIPv6 } from 'node:net';
import { type Choice, type ChosenTrack, TRANSPORT_SEQUENCE } from './choice.js';
import type { Offer, OfferedCodec } from './offer.js';

interface AnswerFacts {
  readonly ice: { readonly fragment: string; readonly password: string };
  readonly fingerprint: string;
  /** Which end begins the handshake: ours if it is active. */
  readonly setup: 'active' | 'passive';
  /** Where our UDP port can be reached. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Random. */
  readonly sessionId: number;
}

/** Feedback that we send. */
const FEEDBACK = ['transport-cc', 'nack', 'nack pli'];
/** Before it, other candidates are better by nature (RFC 8445 5.1.2.1): 126 is of a host. */
const HOST_PREFERENCE = 126 * 2 ** 24;

/** Which end begins the handshake: we do only if the publisher waits for us (RFC 5763 5). */
export const ourSetup = ({ setup }: Offer): 'active' | 'passive' =>
  setup === 'passive' ? 'active' : 'passive';

/** What we say to an offer (RFC 8829 5.3.1): one of ICE's lite agents that receives, all in one transport. */
export function writeAnswer(offer: Offer, { picture, sound }: Choice, facts: AnswerFacts): string {
  const taken = new Map(
    [picture, sound].flatMap((track) => (track ? [[track.section, track] as const] : [])),
  );
  const sections = offer.sections.flatMap((section) => {
    const track = taken.get(section);
    if (track) return takenSection(track, facts);
    return [
      `m=${section.kind} 0 ${section.protocol} ${section.formats.join(' ')}`,
      'c=IN IP4 0.0.0.0',
      `a=mid:${section.mid}`,
      'a=inactive',
    ];
  });
  const bundled = offer.sections.filter((section) => taken.has(section)).map(({ mid }) => mid);
  const lines = [
    'v=0',
    `o=- ${facts.sessionId} 1 IN IP4 0.0.0.0`,
    's=-',
    't=0 0',
    'a=ice-lite',
    `a=group:BUNDLE ${bundled.join(' ')}`,
    ...sections,
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function takenSection(
  { section, codec, repair, transportSequenceId }: ChosenTrack,
  facts: AnswerFacts,
): string[] {
  const { ice, fingerprint, setup, addresses, port } = facts;
  const codecs = repair ? [codec, repair] : [codec];
  return [
    `m=${section.kind} ${port} ${section.protocol} ${codecs.map(({ payloadType }) => payloadType).join(' ')}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${section.mid}`,
    'a=recvonly',
    'a=rtcp-mux',
    ...[`a=ice-ufrag:${ice.fragment}`, `a=ice-pwd:${ice.password}`, 'a=ice-options:ice2'],
    ...[`a=fingerprint:sha-256 ${fingerprint}`, `a=setup:${setup}`],
    ...codecs.flatMap((each) => codecLines(each, section.kind)),
    ...(transportSequenceId === undefined ? [] : [`a=extmap:${transportSequenceId} ${TRANSPORT_SEQUENCE}`]),
    ...addresses.map((address, i) => candidate(address, port, i)),
    'a=end-of-candidates',
  ];
}

function codecLines({ payloadType, name, rate, parameters, feedback }: OfferedCodec, kind: string): string[] {
  const channels = kind === 'audio' ? '/2' : '';
  const shown = name === 'h264' ? 'H264' : name;
  return [
    `a=rtpmap:${payloadType} ${shown}/${rate}${channels}`,
    ...(parameters === '' ? [] : [`a=fmtp:${payloadType} ${parameters}`]),
    ...FEEDBACK.filter((each) => feedback.includes(each)).map((each) => `a=rtcp-fb:${payloadType} ${each}`),
  ];
}

/** RFC 8839 5.1; the first address is preferred. */
function candidate(address: string, port: number, index: number): string {
  const local = (isIPv6(address) ? 65_535 : 32_767) - index;
  const priority = HOST_PREFERENCE + local * 2 ** 8 + 255;
  return `a=candidate:${index + 1} 1 udp ${priority} ${address} ${port} typ host`;
}
