/** What a member says when it joins. */
export interface Claim {
  readonly member: string;
  /** The partitions that it was given last, and still works on. */
  readonly owned: readonly number[];
  /**
   * Milliseconds since the group last confirmed that, by the member's own clock. A member that was thrown out without
   * noticing (it hung) comes back with an old claim to partitions that others have been given since.
   */
  readonly silentMs: number;
}

/**
 * Share partitions 0 to `partitions - 1` among members: each goes to exactly one, the numbers per member differ by at
 * most one, and as few partitions as possible leave the member that works on them. Pure; the order of the claims does
 * not matter.
 */
export function assignSticky(claims: readonly Claim[], partitions: number): Map<string, number[]> {
  if (claims.length === 0) return new Map();
  const kept = settle(claims, partitions);
  // The larger shares go to those who have most, because a member with a smaller share has to give partitions away.
  const members = [...kept.keys()].sort(
    (a, b) => kept.get(b)!.length - kept.get(a)!.length || (a < b ? -1 : 1),
  );
  const [least, larger] = [Math.floor(partitions / members.length), partitions % members.length];
  const quotas = new Map(members.map((member, rank) => [member, least + (rank < larger ? 1 : 0)]));

  const assignment = new Map(
    members.map((member) => [member, kept.get(member)!.slice(0, quotas.get(member))]),
  );
  const given = new Set([...assignment.values()].flat());
  const free = Array.from({ length: partitions }, (_, n) => n).filter((partition) => !given.has(partition));
  for (const [member, share] of assignment) {
    share.push(...free.splice(0, quotas.get(member)! - share.length));
    share.sort((a, b) => a - b);
  }
  return assignment;
}

/**
 * What each member may keep, as far as its share allows. If several claim a partition, the one that was confirmed last
 * keeps it.
 */
function settle(claims: readonly Claim[], partitions: number): Map<string, number[]> {
  const byTrust = [...claims].sort((a, b) => a.silentMs - b.silentMs || (a.member < b.member ? -1 : 1));
  const taken = new Set<number>();
  return new Map(
    byTrust.map(({ member, owned }) => {
      const own = [...new Set(owned)].filter(
        (partition) => isPartition(partition, partitions) && !taken.has(partition),
      );
      for (const partition of own) taken.add(partition);
      return [member, own.sort((a, b) => a - b)];
    }),
  );
}

const isPartition = (n: number, partitions: number): boolean =>
  Number.isInteger(n) && n >= 0 && n < partitions;
