import type { StreamRow } from '@topicast/contracts/tables';
import { Milliseconds, milliseconds } from '@topicast/contracts/units';

/** A stream has room for two encoders: the one that is meant to be on air, and one for the time when it is away. */
export const PLACES = ['primary', 'backup'] as const;
export type Place = (typeof PLACES)[number];

/** Of the secret of its stream key; undefined: it has none. */
export const keyHashOf = (row: StreamRow, place: Place): string | undefined =>
  ({ primary: row.ingestKeyHash, backup: row.backupKeyHash })[place];

/** A picture that stands still for so long is worse than a switch. */
const FROZEN = milliseconds(1_000);

/** The encoder of a place, as far as the choice needs it. */
export interface Candidate {
  /** It is connected, and has sent a keyframe with which viewers could begin. */
  readonly isReady: boolean;
  /** Since its last chunk. */
  readonly silentFor: Milliseconds;
  /** It has sent for so long without a pause. */
  readonly steadyFor: Milliseconds;
}

interface Choice {
  /** Whose chunks viewers get; undefined: nobody's. */
  readonly onAir: Place | undefined;
  readonly primary: Candidate | undefined;
  readonly backup: Candidate | undefined;
  /** When the primary one is taken back; undefined: only when the backup is lost. */
  readonly backAfter: Milliseconds | undefined;
}

/** Whose chunks viewers should get; undefined: nobody has any. Pure. */
export function choosePlace({ onAir, primary, backup, backAfter }: Choice): Place | undefined {
  const sends = { primary: isSending(primary), backup: isSending(backup) };
  const isBack = backAfter !== undefined && primary !== undefined && primary.steadyFor >= backAfter;
  if (onAir === 'backup' && sends.backup && !(sends.primary && isBack)) return 'backup';
  if (sends.primary) return 'primary';
  if (sends.backup) return 'backup';
  return onAir;
}

/** Whether it has not paused. */
export const isSteady = (pause: Milliseconds): boolean => Milliseconds.sub(pause, FROZEN) < 0;

const isSending = (candidate: Candidate | undefined): boolean =>
  candidate?.isReady === true && isSteady(candidate.silentFor);
