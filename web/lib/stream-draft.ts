import type {
  CreateStreamRequest,
  EditStreamRequest,
  Ladder,
  LookAtSourceRequest,
  StreamInfo,
} from '@topicast/contracts/http';
import { parseLadder } from '@topicast/contracts/ladder';
import { slugFromTitle, streamIdProblem } from './stream-slug';

export const SOURCE_KINDS = ['camera', 'ingest', 'test', 'file', 'url', 'topic'] as const;
/** Those between which a stream can change: what its topic holds is encoded here. */
export const ENCODED_KINDS = ['test', 'file', 'url'] as const satisfies readonly SourceKind[];
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** One rendition, or a ladder of them. */
export const QUALITIES = ['one', '720p+360p', '1080p+720p+360p'] as const;
/** `kept`: a ladder that the form does not offer. */
export type Quality = (typeof QUALITIES)[number] | 'kept';

type LookableSource = LookAtSourceRequest['source'];

/** What is typed into the form, all of it, whatever kind of source is chosen at the moment. */
export interface StreamDraft {
  readonly title: string;
  /** As typed; undefined while it is untouched and follows the title. */
  readonly typedId: string | undefined;
  readonly kind: SourceKind;
  readonly path: string;
  readonly url: string;
  readonly copy: boolean;
  /** Of the sound, ISO 639; empty: whatever comes first. */
  readonly language: string;
  /** What was asked for elsewhere, which the form does not show. */
  readonly unshown: Pick<LookableSource, 'programme' | 'frameRate'>;
  readonly quality: Quality;
  /** The ladder of a stream that was made elsewhere, and is none of those that the form offers. */
  readonly kept: Ladder | undefined;
}

export const EMPTY_DRAFT: StreamDraft = {
  title: '',
  typedId: undefined,
  kind: 'test',
  path: '',
  url: '',
  copy: false,
  language: '',
  unshown: {},
  quality: 'one',
  kept: undefined,
};

/** What an operator may change of a stream: what a command line or another program decides is not among it. */
export const editableParts = ({ source, boundTo }: StreamInfo): 'everything' | 'title' =>
  boundTo === undefined && ENCODED_KINDS.some((kind) => kind === source?.kind) ? 'everything' : 'title';

/** A stream as the form shows it. */
export function draftOf({ id, title, source, ladder }: StreamInfo): StreamDraft {
  const quality = qualityOf(ladder);
  return {
    ...EMPTY_DRAFT,
    title,
    typedId: id,
    kind: source && source.kind !== 'device' ? source.kind : EMPTY_DRAFT.kind,
    path: source?.kind === 'file' ? source.path : '',
    url: source?.kind === 'url' ? source.url : '',
    copy: (source?.kind === 'file' || source?.kind === 'url') && source.copy === true,
    unshown: unshownOf(source),
    language: ((source?.kind === 'file' || source?.kind === 'url') && source.language) || '',
    quality,
    kept: quality === 'kept' ? ladder : undefined,
  };
}

function unshownOf(source: StreamInfo['source']): StreamDraft['unshown'] {
  if (source?.kind !== 'file' && source?.kind !== 'url') return {};
  const { programme, frameRate } = source;
  return { ...(programme !== undefined && { programme }), ...(frameRate !== undefined && { frameRate }) };
}

const qualityOf = (ladder: Ladder | undefined): Quality =>
  ladder ? (QUALITIES.find((quality) => isSame(parseLadder(quality), ladder)) ?? 'kept') : 'one';

/** What somebody has typed over a stream, over the newest version of that stream. */
export function rebased(draft: StreamDraft, before: StreamDraft, newest: StreamDraft): StreamDraft {
  const names = Object.keys(draft) as (keyof StreamDraft)[];
  const typed = names.filter((name) => !isSame(draft[name], before[name]));
  return { ...newest, ...Object.fromEntries(typed.map((name) => [name, draft[name]])) };
}

export type DraftField = 'title' | 'id' | 'path' | 'url';
export type DraftProblems = Partial<Record<DraftField, string>>;

/** Where the form shows no field, nobody could correct anything. */
export const problemsAt = (problems: DraftProblems, shown: readonly DraftField[]): DraftProblems =>
  Object.fromEntries(Object.entries(problems).filter(([field]) => shown.some((each) => each === field)));

export const draftId = (draft: StreamDraft): string => draft.typedId ?? slugFromTitle(draft.title);

/** What has to be corrected before the draft can be sent. */
export function draftProblems(draft: StreamDraft, taken: ReadonlySet<string>): DraftProblems {
  const id = streamIdProblem(draftId(draft), taken);
  const path = draft.kind === 'file' && draft.path.trim() === '' ? 'Name a file on the server.' : undefined;
  const url = draft.kind === 'url' ? urlProblem(draft.url.trim()) : undefined;
  return { ...(id && { id }), ...(path && { path }), ...(url && { url }) };
}

function urlProblem(url: string): string | undefined {
  if (url === '') return 'Give the address of the video.';
  // The gateway decides which protocols are allowed; this catches a missing one.
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/]/i.test(url)) return 'Begin with a protocol, as in https:// or rtsp://.';
  return undefined;
}

export function draftRequest(draft: StreamDraft): CreateStreamRequest {
  const title = draft.title.trim();
  const ladder = draftLadder(draft);
  return {
    id: draftId(draft),
    ...(title && { title }),
    source: draftSource(draft),
    ...(ladder && { ladder }),
  };
}

/** The change that makes the stream what the draft says; undefined if it is so already. */
export function draftChange(draft: StreamDraft, stream: StreamInfo): EditStreamRequest | undefined {
  const title = draft.title.trim() || stream.id;
  const [source, ladder] = [draftSource(draft), draftLadder(draft)];
  const before = draftOf(stream);
  const isWhole = editableParts(stream) === 'everything';
  const change = {
    ...(title !== stream.title && { title }),
    ...(isWhole && !isSame(source, draftSource(before)) && { source }),
    ...(isWhole && !isSame(ladder, stream.ladder) && { ladder: ladder ?? null }),
  };
  return Object.keys(change).length > 0 ? { version: stream.version ?? 0, ...change } : undefined;
}

/** Whether nothing that the form shows differs. */
export const looksSame = (one: StreamInfo, other: StreamInfo): boolean =>
  isSame(draftOf(one), draftOf(other));

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

function draftLadder(draft: StreamDraft): Ladder | undefined {
  if (!hasEncoder(draft)) return undefined;
  return draft.quality === 'kept' ? draft.kept : parseLadder(draft.quality);
}

/** What to ask about the source; undefined if there is nothing to see in it. */
export function lookRequest(draft: StreamDraft): LookAtSourceRequest | undefined {
  const [source, ladder] = [lookableSource(draft), draftLadder(draft)];
  return source && { source, ...(ladder && { ladder }) };
}

/** Whether the video is encoded here, so that its sizes can be chosen. */
export const hasEncoder = ({ kind, copy }: StreamDraft): boolean =>
  kind === 'test' || ((kind === 'file' || kind === 'url') && !copy);

const draftSource = (draft: StreamDraft): CreateStreamRequest['source'] =>
  lookableSource(draft) ?? { kind: namelessKind(draft.kind) };

/** A browser publishes as any encoder does, so the stream is the same for both. */
function namelessKind(kind: SourceKind): 'topic' | 'ingest' | 'test' {
  if (kind === 'camera') return 'ingest';
  return kind === 'topic' || kind === 'ingest' ? kind : 'test';
}

/** A source that there is something to see in before it goes on air. */
function lookableSource(draft: StreamDraft): LookableSource | undefined {
  const { kind, path, url, copy, language, unshown } = draft;
  const wishes = { ...(copy && { copy }), ...(language && { language }), ...unshown };
  if (kind === 'file') return { kind, path: path.trim(), ...wishes };
  if (kind === 'url') return { kind, url: url.trim(), ...wishes };
  return undefined;
}

/** The fields in which a source of this kind is named. */
export const fieldsOfKind = (kind: SourceKind): readonly DraftField[] =>
  kind === 'file' ? ['path'] : kind === 'url' ? ['url'] : [];
