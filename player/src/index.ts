export type {
  FailureRetry,
  PlayerOptions,
  PlayerRendition,
  PlayerState,
  PlayerStats,
  Problem,
  ProblemReason,
  WantedRendition,
} from './core/types.js';
export { type PlayerEventMap, TopicastPlayer } from './dom/player.js';
