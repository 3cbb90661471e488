export type {
  FailureRetry,
  PlayerOptions,
  PlayerState,
  PlayerStats,
  Problem,
  ProblemReason,
} from './core/types.js';
export { type PlayerEventMap, TopicastPlayer } from './dom/player.js';
