import type { StreamId } from '@topicast/contracts/stream-id';
import type { EndReason, StreamView } from './processor.js';

/** What runs here. */
export interface Followed {
  readonly rendition: number;
  /** Its end has begun: it needs its place until that is over. */
  readonly ending: boolean;
}

export interface View {
  readonly streams: ReadonlyMap<StreamId, StreamView>;
  readonly followed: ReadonlyMap<StreamId, Followed>;
  /** Streams about which something was left in tables. */
  readonly known: ReadonlySet<StreamId>;
  /** How many streams may be followed at once; those that are there stay. */
  readonly most: number;
  owns(id: StreamId): boolean;
  renditionOf(stream: StreamView): number | undefined;
}

export type Action =
  | { readonly do: 'start'; readonly stream: StreamView; readonly rendition: number }
  | { readonly do: 'stop'; readonly id: StreamId; readonly because: EndReason }
  | { readonly do: 'tidy'; readonly id: StreamId; readonly stream: StreamView | undefined };

export interface Decision {
  readonly actions: readonly Action[];
  /** Streams that are ours, and for which there is no room. */
  readonly leftOut: number;
}

/**
 * The actions that lead from what is followed to what should be. Pure: the same view gives the same actions, and none
 * if everything is as it should be.
 */
export function decide(view: View): Decision {
  const ids = new Set([...view.streams.keys(), ...view.followed.keys(), ...view.known]);
  const wanted = [...ids].map((id) => decideOne(id, view)).filter((action) => action !== undefined);
  let room = view.most - view.followed.size;
  const actions = wanted.filter((action) => action.do !== 'start' || room-- > 0);
  return { actions, leftOut: wanted.length - actions.length };
}

function decideOne(id: StreamId, view: View): Action | undefined {
  const stream = view.streams.get(id);
  const followed = view.followed.get(id);
  const isOurs = view.owns(id);
  const rendition = isOurs && stream ? view.renditionOf(stream) : undefined;
  if (followed?.ending || (followed && followed.rendition === rendition)) return undefined;
  if (followed) return { do: 'stop', id, because: isOurs && rendition === undefined ? 'over' : 'moved' };
  if (stream && rendition !== undefined) return { do: 'start', stream, rendition };
  return isOurs && view.known.has(id) ? { do: 'tidy', id, stream } : undefined;
}
