/** What a publisher offers (RFC 8866, RFC 8829), as far as it decides about the answer. */
export interface Offer {
  readonly ice: { readonly fragment: string; readonly password: string };
  /** SHA-256 of its certificate. */
  readonly fingerprint: string;
  readonly setup: 'active' | 'passive' | 'actpass';
  readonly sections: readonly OfferedSection[];
}

export interface OfferedSection {
  /** `audio`, `video`, `application`, or whatever it says. */
  readonly kind: string;
  readonly protocol: string;
  readonly mid: string;
  readonly isSending: boolean;
  /** As they are written, because a refusal repeats them. */
  readonly formats: readonly string[];
  readonly codecs: readonly OfferedCodec[];
  /** By their names. */
  readonly extensions: ReadonlyMap<string, number>;
}

export interface OfferedCodec {
  readonly payloadType: number;
  /** In lower case. */
  readonly name: string;
  readonly rate: number;
  readonly parameters: string;
  /** What it may be told about, as `nack pli`. */
  readonly feedback: readonly string[];
}

const MAX_LINES = 4_000;
const MAX_SECTIONS = 16;
const MAX_CODECS = 100;
/** Names that an answer repeats: nothing that could end a line, or be long. */
const TOKEN = /^[\w.!#$%&'*+^`{|}~-]{1,64}$/;
const FORMAT = /^[\w.-]{1,32}$/;
const PROTOCOL = /^[\w/]{1,32}$/;
const ICE_TEXT = /^[\w+/-]{4,256}$/;
const FINGERPRINT = /^sha-256 ((?:[\dA-Fa-f]{2}:){31}[\dA-Fa-f]{2})$/i;

/** The lines of a part, in their order: its letter, and what is behind the equals sign. */
interface Part {
  readonly media: string;
  readonly attributes: readonly (readonly [name: string, value: string])[];
}

/** @returns why it cannot be understood, in one sentence, if it cannot */
export function readOffer(text: string): Offer | string {
  const lines = text.split('\n', MAX_LINES + 1).map((line) => line.trimEnd());
  if (lines.length > MAX_LINES || lines[0] !== 'v=0') return 'It is no session description (SDP).';
  const [session, ...media] = partsOf(lines);
  if (!session || media.length === 0) return 'It offers no media.';
  if (media.length > MAX_SECTIONS) return 'It offers too many media.';
  const sections = media.map(readSection);
  const isReadable = sections.every((section) => section !== undefined);
  if (!isReadable) return 'One of its media sections cannot be read.';
  if (new Set(sections.map(({ mid }) => mid)).size !== sections.length)
    return 'Its media sections need a mid each.';

  // All sections are one transport, so that what one of them says holds for all.
  const parts = [session, ...media];
  const first = (name: string): string =>
    parts.map((part) => firstOf(part, name)).find((value) => value !== undefined) ?? '';
  const bundled = new Set(
    valuesOf(session, 'group')
      .find((group) => group.startsWith('BUNDLE '))
      ?.split(' '),
  );
  const [fragment, password] = [first('ice-ufrag'), first('ice-pwd')];
  if (!ICE_TEXT.test(fragment) || !ICE_TEXT.test(password)) return 'It lacks the credentials of ICE.';
  const fingerprint = parts
    .flatMap((part) => valuesOf(part, 'fingerprint'))
    .map((value) => FINGERPRINT.exec(value)?.[1])
    .find((found) => found !== undefined);
  if (fingerprint === undefined) return 'It lacks the fingerprint of its certificate (SHA-256).';
  if (sections.length > 1 && !sections.every(({ mid }) => bundled.has(mid)))
    return 'Its media have to share one transport: offer them as a BUNDLE.';
  const setup = first('setup') || 'actpass';
  if (setup !== 'active' && setup !== 'passive' && setup !== 'actpass') return 'Its setup is unknown.';
  return { ice: { fragment, password }, fingerprint, setup, sections };
}

function partsOf(lines: readonly string[]): Part[] {
  const parts: { media: string; attributes: [string, string][] }[] = [{ media: '', attributes: [] }];
  for (const line of lines) {
    if (line.startsWith('m=')) parts.push({ media: line.slice(2), attributes: [] });
    if (!line.startsWith('a=')) continue;
    const colon = line.indexOf(':');
    const name = colon < 0 ? line.slice(2) : line.slice(2, colon);
    parts.at(-1)!.attributes.push([name, colon < 0 ? '' : line.slice(colon + 1).trim()]);
  }
  return parts;
}

const valuesOf = ({ attributes }: Part, wanted: string): string[] =>
  attributes.flatMap(([name, value]) => (name === wanted ? [value] : []));
const firstOf = (part: Part, wanted: string): string | undefined => valuesOf(part, wanted)[0];

/** m= kind port protocol format ... */
function readSection(part: Part): OfferedSection | undefined {
  const [kind = '', , protocol = '', ...formats] = part.media.split(' ').filter((word) => word !== '');
  const mid = firstOf(part, 'mid') ?? '';
  const isSafe =
    TOKEN.test(kind) &&
    PROTOCOL.test(protocol) &&
    TOKEN.test(mid) &&
    formats.every((one) => FORMAT.test(one));
  if (!isSafe || formats.length === 0 || formats.length > MAX_CODECS) return undefined;
  const isSending = !part.attributes.some(([name]) => name === 'recvonly' || name === 'inactive');
  const extensions = new Map(valuesOf(part, 'extmap').flatMap(readExtension));
  return { kind, protocol, mid, isSending, formats, codecs: readCodecs(part, formats), extensions };
}

/** `id name`, or `id/direction name` */
function readExtension(value: string): [string, number][] {
  const [id = '', name = ''] = value.split(' ', 2);
  const number = Number.parseInt(id, 10);
  return number >= 1 && number <= 255 ? [[name, number]] : [];
}

/** In the order in which they are preferred. */
function readCodecs(part: Part, formats: readonly string[]): OfferedCodec[] {
  const lines = (name: string): Map<string, string[]> => {
    const found = new Map<string, string[]>();
    for (const value of valuesOf(part, name)) {
      const space = value.indexOf(' ');
      const format = value.slice(0, space);
      found.set(format, [...(found.get(format) ?? []).slice(0, 20), value.slice(space + 1)]);
    }
    return found;
  };
  const [maps, parameters, feedback] = [lines('rtpmap'), lines('fmtp'), lines('rtcp-fb')];
  return formats.flatMap((format): OfferedCodec[] => {
    const [name = '', rate = ''] = (maps.get(format)?.[0] ?? '').split('/');
    const payloadType = Number(format);
    if (name === '' || !Number.isInteger(payloadType) || payloadType > 127) return [];
    return [
      {
        ...{ payloadType, name: name.toLowerCase(), rate: Number(rate) },
        parameters: parameters.get(format)?.[0] ?? '',
        feedback: [...(feedback.get(format) ?? []), ...(feedback.get('*') ?? [])],
      },
    ];
  });
}

/** `name=value;name=value` */
export function parameterOf(parameters: string, wanted: string): string | undefined {
  for (const each of parameters.split(';')) {
    const equals = each.indexOf('=');
    if (equals > 0 && each.slice(0, equals).trim() === wanted) return each.slice(equals + 1).trim();
  }
  return undefined;
}
