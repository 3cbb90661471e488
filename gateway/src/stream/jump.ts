import type { JumpReason } from '@topicast/contracts/server-message';
import type { Gap } from '@topicast/log';

export interface Jump {
  readonly reason: JumpReason;
  /** Chunks left out, 0 if unknown. */
  readonly skipped: number;
}

/** Two jumps without a chunk between them are one. */
export const joined = (first: Jump | undefined, second: Jump | undefined): Jump | undefined =>
  first && second ? { reason: second.reason, skipped: first.skipped + second.skipped } : (second ?? first);

/** A new session, with its own clocks, says more than that the viewer was behind. */
export function announced(
  jump: Jump | undefined,
  gap: Gap | undefined,
  isOtherSession: boolean,
): Jump | undefined {
  if (jump?.reason === 'lag' && isOtherSession) return { reason: 'session', skipped: 0 };
  return jump ?? (gap && { reason: gap.reason, skipped: gap.missing });
}
