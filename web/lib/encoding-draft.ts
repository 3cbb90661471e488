import {
  ENCODER_NAMES,
  ENCODING_LIMITS,
  type Encoding,
  type EncodingPreset,
  type VideoEncoder,
} from '@topicast/contracts/encoding';

/** How a stream is to be encoded, as it is typed; empty: as the server's settings say. */
export interface EncodingDraft {
  readonly preset: EncodingPreset;
  readonly height: string;
  readonly frameRate: string;
  readonly kbit: string;
  readonly keyframeSeconds: string;
  readonly sound: 'on' | 'off';
  readonly gainDb: string;
  readonly encoder: VideoEncoder;
}

export const NUMBER_FIELDS = ['height', 'frameRate', 'kbit', 'keyframeSeconds', 'gainDb'] as const;
export type NumberField = (typeof NUMBER_FIELDS)[number];
export type EncodingField = keyof EncodingDraft;
/** Those that show what is wrong with them. */
export const SHOWN_FIELDS = [...NUMBER_FIELDS, 'encoder'] as const;
export type ShownEncodingField = (typeof SHOWN_FIELDS)[number];

export const DEFAULT_ENCODING: EncodingDraft = {
  ...{ preset: 'low-latency', height: '', frameRate: '', kbit: '', keyframeSeconds: '' },
  ...{ sound: 'on', gainDb: '', encoder: 'x264' },
};

/** What can be chosen of it. */
interface Encoded {
  /** The video is encoded here. */
  readonly hasEncoder: boolean;
  /** Each rendition has its own height and bitrate. */
  readonly hasLadder: boolean;
}

/** The fields that have a meaning; those of the others keep what was typed, and are not sent. */
export function encodingFields(
  { sound }: EncodingDraft,
  { hasEncoder, hasLadder }: Encoded,
): EncodingField[] {
  if (!hasEncoder) return ['sound'];
  return [
    'preset',
    ...(hasLadder ? [] : (['height', 'kbit'] as const)),
    ...(['frameRate', 'keyframeSeconds', 'encoder', 'sound'] as const),
    ...(sound === 'on' ? (['gainDb'] as const) : []),
  ];
}

export const shownEncodingFields = (draft: EncodingDraft, encoded: Encoded): ShownEncodingField[] => {
  const fields = encodingFields(draft, encoded);
  return SHOWN_FIELDS.filter((field) => fields.includes(field));
};

export const encodingDraftOf = (encoding: Encoding = {}): EncodingDraft => ({
  preset: encoding.preset ?? DEFAULT_ENCODING.preset,
  height: textOf(encoding.height),
  frameRate: textOf(encoding.frameRate),
  kbit: textOf(encoding.kbit),
  keyframeSeconds: textOf(encoding.keyframeSeconds),
  sound: encoding.sound ?? DEFAULT_ENCODING.sound,
  gainDb: textOf(encoding.gainDb),
  encoder: encoding.encoder ?? DEFAULT_ENCODING.encoder,
});

/** What is sent: what differs from the default; undefined if nothing does. */
export function draftEncoding(draft: EncodingDraft, encoded: Encoded): Encoding | undefined {
  const wishes = encodingFields(draft, encoded).flatMap((field) => {
    const value = isNumberField(field) ? numberIn(draft[field]) : draft[field];
    return value === undefined || value === DEFAULT_ENCODING[field] ? [] : [[field, value] as const];
  });
  return wishes.length > 0 ? Object.fromEntries(wishes) : undefined;
}

/** What has to be corrected, in the words of the form. */
export function encodingProblems(
  draft: EncodingDraft,
  encoded: Encoded,
): Partial<Record<NumberField, string>> {
  const problems = encodingFields(draft, encoded).flatMap((field) => {
    const problem = isNumberField(field) ? numberProblem(field, draft[field]) : undefined;
    return problem === undefined ? [] : [[field, problem] as const];
  });
  return Object.fromEntries(problems);
}

/** In a few words, for the closed part of the form; empty: as the server's settings say. */
export function encodingSummary(draft: EncodingDraft, encoded: Encoded): string {
  const { preset, height, frameRate, kbit, keyframeSeconds, sound, gainDb, encoder } =
    draftEncoding(draft, encoded) ?? {};
  return [
    preset && PRESET_NAMES[preset],
    height && `${height}p`,
    frameRate && `${frameRate} fps`,
    kbit && `${kbit} kbit/s`,
    keyframeSeconds && `keyframes every ${keyframeSeconds} s`,
    sound && 'no sound',
    gainDb && `${gainDb > 0 ? '+' : ''}${gainDb} dB`,
    encoder && ENCODER_NAMES[encoder],
  ]
    .filter(Boolean)
    .join(', ');
}

export const PRESET_NAMES: Readonly<Record<EncodingPreset, string>> = {
  'low-latency': 'Least delay',
  balanced: 'Balanced',
  quality: 'Quality',
};

const isNumberField = (field: EncodingField): field is NumberField =>
  NUMBER_FIELDS.some((each) => each === field);

const textOf = (value: number | undefined): string => (value === undefined ? '' : String(value));

/** Some keyboards have a comma only. */
const numberIn = (text: string): number | undefined =>
  text.trim() === '' ? undefined : Number(text.trim().replace(',', '.'));

const WHOLE: readonly NumberField[] = ['height', 'frameRate'];

function numberProblem(field: NumberField, text: string): string | undefined {
  const { least, most } = ENCODING_LIMITS[field];
  const value = numberIn(text);
  if (value === undefined) return undefined;
  const isWhole = WHOLE.includes(field);
  if (value >= least && value <= most && (!isWhole || Number.isInteger(value))) return undefined;
  return `Give ${isWhole ? 'a whole number' : 'a number'} from ${least} to ${most}, or leave it empty.`;
}
