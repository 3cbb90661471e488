import { MOST_SYNC_DELAY, SYNC_FORGET_AFTER, SYNC_TELL_EVERY, type SyncNews } from '@topicast/contracts/sync';
import { Milliseconds } from '@topicast/contracts/units';
import { type HeldNeed, holdNeed, NO_NEED } from './need.js';

/** A viewer that wants to be a member of a group. */
export interface SyncMember {
  setSync(news: SyncNews): void;
}

/** What one process has to say about a group to the others. */
export interface GroupRow {
  readonly group: string;
  readonly needs: Milliseconds;
  /** 0: this process has no member any more. */
  readonly members: number;
}

interface Membership {
  /** Undefined: not known yet. */
  needs: number | undefined;
  heardAt: Milliseconds;
  told: SyncNews | undefined;
}

interface Elsewhere {
  readonly row: GroupRow;
  readonly heardAt: Milliseconds;
}

interface Group {
  readonly members: Map<SyncMember, Membership>;
  /** Of the members here that are not left out. */
  count: number;
  /** Of the members here. */
  held: HeldNeed;
  /** Of the members everywhere; what they know. */
  news: Omit<SyncNews, 'member'>;
  published: { readonly row: GroupRow; readonly at: Milliseconds } | undefined;
}

/** Of one process. Members of further groups are left out. */
const MOST_GROUPS = 1_000;
/** So often a member may name another group. */
const MOVE_PAUSE_MS = 1_000;

/**
 * The groups of players that show the same moment at the same time (docs/design/in-step.md). Each process holds what its
 * own members need, and tells the others. The delay of a group is the greatest of these: a rule that gives the same
 * answer wherever the same rows are known.
 */
export class SyncGroups {
  readonly #publish: (rows: readonly GroupRow[]) => void;
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<SyncMember, string>();
  /** When each one named a group that was not its own. */
  readonly #movedAt = new WeakMap<SyncMember, Milliseconds>();
  /** By group and process. */
  readonly #elsewhere = new Map<string, Map<string, Elsewhere>>();

  /** @param publish tell the other processes, of this gateway and of others */
  constructor(publish: (rows: readonly GroupRow[]) => void) {
    this.#publish = publish;
  }

  /** A member says what it needs: how far behind the wall clock it can show pictures. */
  tell(member: SyncMember, name: string, needs: number | undefined, now: Milliseconds): void {
    const current = this.#groupOf.get(member);
    if (current !== name) {
      // Each new group has a row in the log.
      if (now - (this.#movedAt.get(member) ?? Milliseconds.never) < MOVE_PAUSE_MS) return;
      this.#movedAt.set(member, now);
      this.leave(member);
    }
    const group = this.#groups.get(name) ?? this.#open(name);
    if (!group) {
      member.setSync({ delay: Milliseconds.zero, members: 0, member: false });
      return;
    }
    this.#groupOf.set(member, name);
    const before = group.members.get(member);
    const membership: Membership = { needs, heardAt: now, told: before?.told };
    group.members.set(member, membership);
    if (!before || isWithin(before) !== isWithin(membership)) group.count = countOf(group);
    const rises = needs !== undefined && needs > group.held.level && isWithin(membership);
    if (rises) group.held = holdNeed(group.held, needs, now);
    this.#sayRow(name, group, now, false);
    if (!this.#tellDelay(name, group)) this.#tellMember(member, membership, group);
  }

  leave(member: SyncMember): void {
    const name = this.#groupOf.get(member);
    if (name === undefined) return;
    this.#groupOf.delete(member);
    this.#groups.get(name)?.members.delete(member);
  }

  /** Another process has told. */
  hear(process: string, row: GroupRow, now: Milliseconds): void {
    const rows = this.#elsewhere.get(row.group) ?? new Map<string, Elsewhere>();
    if (row.members === 0) rows.delete(process);
    else rows.set(process, { row, heardAt: now });
    if (rows.size === 0) this.#elsewhere.delete(row.group);
    else this.#elsewhere.set(row.group, rows);
    const group = this.#groups.get(row.group);
    if (group) this.#tellDelay(row.group, group);
  }

  /** Called about once a second. */
  tick(now: Milliseconds): void {
    for (const [name, rows] of this.#elsewhere) {
      for (const [process, { heardAt }] of rows) if (isOld(heardAt, now)) rows.delete(process);
      if (rows.size === 0) this.#elsewhere.delete(name);
    }
    for (const [name, group] of this.#groups) {
      for (const [member, { heardAt }] of group.members) if (isOld(heardAt, now)) this.leave(member);
      const needs = [...group.members.values()].filter(isWithin).map((each) => each.needs ?? 0);
      group.count = needs.length;
      group.held = holdNeed(
        group.held,
        needs.reduce((a, b) => Math.max(a, b), 0),
        now,
      );
      this.#sayRow(name, group, now, true);
      this.#tellDelay(name, group);
      for (const [member, membership] of group.members) this.#tellMember(member, membership, group);
      if (group.members.size === 0) this.#groups.delete(name);
    }
  }

  /** Nobody here is in a group any more. */
  close(): void {
    const rows = [...this.#groups].flatMap(([group, { published }]) => (published ? [group] : []));
    if (rows.length > 0)
      this.#publish(rows.map((group) => ({ group, needs: Milliseconds.zero, members: 0 })));
    this.#groups.clear();
  }

  #open(name: string): Group | undefined {
    if (this.#groups.size >= MOST_GROUPS) return undefined;
    const news = { delay: Milliseconds.zero, members: 0 };
    const group: Group = { members: new Map(), count: 0, held: NO_NEED, news, published: undefined };
    this.#groups.set(name, group);
    return group;
  }

  /** @param isRound also say who is there, and repeat what was said: it is forgotten otherwise */
  #sayRow(name: string, group: Group, now: Milliseconds, isRound: boolean): void {
    const row = { group: name, needs: group.held.level, members: group.count };
    const { published } = group;
    const isOther = row.needs !== published?.row.needs || (isRound && row.members !== published.row.members);
    const isDue = published !== undefined && row.members > 0 && now - published.at >= SYNC_TELL_EVERY;
    if (!isOther && !(isRound && isDue)) return;
    group.published = { row, at: now };
    this.#publish([row]);
  }

  /** Tell all members here if the delay has changed. @returns whether it has */
  #tellDelay(name: string, group: Group): boolean {
    const rows = [...(this.#elsewhere.get(name)?.values() ?? [])].map(({ row }) => row);
    const delay = Milliseconds.max(group.held.level, ...rows.map(({ needs }) => needs));
    const members = rows.reduce((sum, row) => sum + row.members, group.count);
    const isOther = delay !== group.news.delay;
    group.news = { delay, members };
    if (isOther)
      for (const [member, membership] of group.members) this.#tellMember(member, membership, group);
    return isOther;
  }

  #tellMember(member: SyncMember, membership: Membership, { news }: Group): void {
    const { told } = membership;
    const isMember = isWithin(membership);
    if (told?.delay === news.delay && told.members === news.members && told.member === isMember) return;
    membership.told = { ...news, member: isMember };
    member.setSync(membership.told);
  }
}

const isWithin = ({ needs = 0 }: Membership): boolean => needs <= MOST_SYNC_DELAY;
const isOld = (heardAt: Milliseconds, now: Milliseconds): boolean => now - heardAt > SYNC_FORGET_AFTER;

const countOf = ({ members }: Group): number => [...members.values()].filter(isWithin).length;
