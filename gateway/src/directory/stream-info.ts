import type { Analysis } from '@topicast/contracts/analysis';
import type { Catalog } from '@topicast/contracts/catalog';
import type { StreamInfo } from '@topicast/contracts/http';
import type { StreamState } from '@topicast/contracts/server-message';
import type { StreamId } from '@topicast/contracts/stream-id';
import type { StreamRow, StreamStatus } from '@topicast/contracts/tables';
import type { ProbeResult } from './probe.js';

/** What is known about a stream: who writes its topic, and what that writer says. */
export type KnownStream =
  | {
      readonly kind: 'encoded';
      readonly row: StreamRow;
      readonly status: StreamStatus | undefined;
      /** Whether the producer that wrote the status is alive. */
      readonly isFresh: boolean;
      /** Whether a producer takes encoders that publish. */
      readonly isListenedFor: boolean;
      /** How its present session looks and sounds; undefined: nobody says anything. */
      readonly analysis: Analysis | undefined;
    }
  | {
      readonly kind: 'foreign';
      readonly id: StreamId;
      readonly row: StreamRow | undefined;
      readonly isLive: boolean;
      readonly found: ProbeResult | undefined;
    };

export function stateOf(stream: KnownStream): StreamState {
  if (stream.kind === 'foreign') return stream.isLive ? 'live' : 'offline';
  return stream.status && stream.isFresh ? stream.status.state : 'offline';
}

/**
 * Whether chunks are expected. For a stream that somebody has started they are, whatever its encoder does; for a
 * foreign topic, only while it grows.
 */
export const isStarted = (stream: KnownStream): boolean =>
  stream.kind === 'foreign' ? stream.isLive : stream.row.enabled;

/** The stream as the API shows it to the operator. */
export function streamInfo(stream: KnownStream, viewers: number): StreamInfo {
  const state = stateOf(stream);
  const runs = state === 'live' || state === 'starting';
  if (stream.kind === 'foreign') {
    const { row, found, id } = stream;
    return {
      id,
      title: row?.title || id,
      state,
      viewers,
      enabled: true,
      source: { kind: 'topic' },
      ...(row && { version: row.version ?? 0 }),
      ...(runs && found && { catalog: catalogOf(found) }),
    };
  }
  const { row, status } = stream;
  const { id, title, enabled, source, ladder } = row;
  const waiting =
    enabled && source.kind === 'ingest' && !runs ? waitingNote(stream.isListenedFor) : undefined;
  return {
    id,
    title,
    state,
    viewers,
    enabled,
    source,
    ...(ladder && { ladder }),
    version: row.version ?? 0,
    ...(row.boundTo !== undefined && { boundTo: row.boundTo }),
    ...(status && runs && runningPart(status)),
    ...(state === 'live' && stream.analysis && { analysis: stream.analysis }),
    ...(status && {
      ...{ problem: status.problem, notes: status.notes },
      ...{ encoderLog: status.encoderLog, restarts: status.restarts },
    }),
    ...(waiting && { notes: [waiting, ...(status?.notes ?? [])] }),
  };
}

const waitingNote = (isListenedFor: boolean): string =>
  isListenedFor
    ? 'Waiting for an encoder: it can publish at any time, with the stream key.'
    : 'Waiting for an encoder, but no producer takes any at present: its log says why (TOPICAST_RTMP_PORT).';

const runningPart = ({ session, startedAt, awaySince, catalog }: StreamStatus): Partial<StreamInfo> => ({
  session,
  startedAt,
  awaySince,
  catalog,
});

/** Of a topic that somebody else writes: what was found in it. */
const catalogOf = ({ tracks, bitrate }: ProbeResult): Catalog => ({
  session: 0,
  renditions: [{ rendition: 0, bitrate, tracks: [...tracks] }],
});

/** The same, without the parts that only the operator may see. */
export function publicInfo(info: StreamInfo): StreamInfo {
  const { id, title, state, session, catalog, viewers, startedAt, awaySince } = info;
  return { id, title, state, session, catalog, viewers, startedAt, awaySince };
}
