import type { StreamInfo } from '@topicast/contracts/http';
import { nameOf } from './stream-list';

/** What a listener has been told about a stream. */
interface Told {
  readonly name: string;
  readonly state: StreamInfo['state'];
  /** When, by the same clock as `now`; undefined if nothing was said. */
  readonly at: number | undefined;
}

export type ToldStreams = ReadonlyMap<string, Told>;

/** A stream that comes and goes is told of only this often. */
const QUIET_MS = 20_000;
/** More news of a kind become one sentence. */
const MOST_NAMES = 3;

interface NewsInput {
  /** What was told before; undefined at the first look, of which nothing is told. */
  readonly told: ToldStreams | undefined;
  readonly streams: readonly StreamInfo[];
  /** Streams on which somebody here has acted, and waits for what comes of it. */
  readonly awaited: ReadonlySet<string>;
  readonly now: number;
}

type Kind = 'created' | 'deleted' | 'live' | 'failed' | 'offline';

/**
 * What has happened since the last look, in sentences for somebody who listens, and what is told by then. An encoder
 * that starts is no news, so a stream that is back within a moment has not been away.
 */
export function streamNews({ told, streams, awaited, now }: NewsInput): {
  readonly told: ToldStreams;
  readonly sentences: readonly string[];
} {
  const news: { readonly kind: Kind; readonly name: string; readonly problem?: string | undefined }[] = [];
  const after = new Map<string, Told>();
  for (const stream of streams) {
    const { id, state, problem } = stream;
    const name = nameOf(stream);
    const before = told?.get(id) ?? { name, state: told ? 'offline' : state, at: undefined };
    if (told && !told.has(id)) news.push({ kind: 'created', name });
    if (state === 'starting') {
      // Whoever has started it wants to hear how that ends, even if it is as before.
      after.set(id, { ...before, name, state: awaited.has(id) ? 'starting' : before.state });
      continue;
    }
    const isQuiet = before.at !== undefined && now - before.at < QUIET_MS && !awaited.has(id);
    if (state === before.state || isQuiet) {
      after.set(id, { ...before, name });
    } else {
      news.push({ kind: state, name, problem });
      after.set(id, { name, state, at: now });
    }
  }
  for (const [id, { name }] of told ?? []) if (!after.has(id)) news.push({ kind: 'deleted', name });
  const kinds = [...new Set(news.map(({ kind }) => kind))];
  return {
    told: after,
    sentences: kinds.flatMap((kind) => {
      const such = news.filter((each) => each.kind === kind);
      if (such.length > MOST_NAMES) return `${such.length} streams ${PLURAL[kind]}.`;
      return such.map(({ name, problem }) => sentence(kind, name, problem));
    }),
  };
}

const SINGULAR: Record<Kind, string> = {
  created: 'was created',
  deleted: 'was deleted',
  live: 'is live',
  failed: 'failed',
  offline: 'is off air',
};
const PLURAL: Record<Kind, string> = {
  created: 'were created',
  deleted: 'were deleted',
  live: 'are live',
  failed: 'failed',
  offline: 'are off air',
};

const sentence = (kind: Kind, name: string, problem: string | undefined): string =>
  kind === 'failed' && problem ? `${name} failed: ${problem}` : `${name} ${SINGULAR[kind]}.`;
