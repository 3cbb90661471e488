import { type Milliseconds, milliseconds } from './units.js';

/** The name of a group of players that show the same moment at the same time. */
export const SYNC_GROUP_PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const isSyncGroup = (text: string): boolean => SYNC_GROUP_PATTERN.test(text);

/** A group is never further behind than this. A member that needs more is left out. */
export const MOST_SYNC_DELAY = milliseconds(2_000);
/** A member repeats what it needs at least this often, and is forgotten after three times as long. */
export const SYNC_TELL_EVERY = milliseconds(5_000);
export const SYNC_FORGET_AFTER = milliseconds(15_000);

/** What a gateway tells a member of a group. */
export interface SyncNews {
  /** How far behind their wall clock the group shows pictures. */
  readonly delay: Milliseconds;
  /** How many players are in the group, over all gateways. */
  readonly members: number;
  /** False: this player needs more than {@link MOST_SYNC_DELAY} and is not one of them. */
  readonly member: boolean;
}
