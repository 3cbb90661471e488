import type { CreateStreamRequest } from '@topicast/contracts/http';
import { parseLadder } from '@topicast/contracts/ladder';
import { slugFromTitle, streamIdProblem } from './stream-slug';

export const SOURCE_KINDS = ['test', 'file', 'url', 'topic'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** One rendition, or a ladder of them. */
export const QUALITIES = ['one', '720p+360p', '1080p+720p+360p'] as const;
export type Quality = (typeof QUALITIES)[number];

/** What is typed into the form, all of it, whatever kind of source is chosen at the moment. */
export interface StreamDraft {
  readonly title: string;
  /** As typed; undefined while it is untouched and follows the title. */
  readonly typedId: string | undefined;
  readonly kind: SourceKind;
  readonly path: string;
  readonly url: string;
  readonly copy: boolean;
  readonly quality: Quality;
}

export const EMPTY_DRAFT: StreamDraft = {
  title: '',
  typedId: undefined,
  kind: 'test',
  path: '',
  url: '',
  copy: false,
  quality: 'one',
};

export type DraftField = 'title' | 'id' | 'path' | 'url';
export type DraftProblems = Partial<Record<DraftField, string>>;

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
  const ladder = draft.quality !== 'one' && hasEncoder(draft) && parseLadder(draft.quality);
  return {
    id: draftId(draft),
    ...(title && { title }),
    source: draftSource(draft),
    ...(ladder && { ladder }),
  };
}

/** Whether the video is encoded here, so that its sizes can be chosen. */
export const hasEncoder = ({ kind, copy }: StreamDraft): boolean =>
  kind === 'test' || ((kind === 'file' || kind === 'url') && !copy);

function draftSource({ kind, path, url, copy }: StreamDraft): CreateStreamRequest['source'] {
  switch (kind) {
    case 'file':
      return { kind, path: path.trim(), ...(copy && { copy }) };
    case 'url':
      return { kind, url: url.trim(), ...(copy && { copy }) };
    default:
      return { kind };
  }
}

const FIELD_OF_PROPERTY: Readonly<Record<string, DraftField>> = {
  id: 'id',
  title: 'title',
  'source.path': 'path',
  'source.url': 'url',
};

/** The gateway's objections by field of the form; `rest` has those that fit no visible field. */
export function objectionsAtFields(
  objections: ReadonlyMap<string, string>,
  kind: SourceKind,
): { readonly fields: DraftProblems; readonly rest: readonly string[] } {
  const fields: DraftProblems = {};
  const rest: string[] = [];
  for (const [property, message] of objections) {
    const field = FIELD_OF_PROPERTY[property] ?? (property === 'source' ? fieldOfKind(kind) : undefined);
    if (field) fields[field] = message;
    else rest.push(message);
  }
  return { fields, rest };
}

/** The field in which a source of this kind is named. */
export const fieldOfKind = (kind: SourceKind): DraftField | undefined =>
  kind === 'file' ? 'path' : kind === 'url' ? 'url' : undefined;
