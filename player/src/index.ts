export type {
  Diagnostics,
  FailureRetry,
  LatencyParts,
  PlayerOptions,
  PlayerRendition,
  PlayerState,
  PlayerStats,
  PlayerWay,
  Problem,
  ProblemReason,
  TraceEvent,
  TraceSample,
  TraceTable,
  WantedRendition,
} from './core/types.js';
export { type PlayerEventMap, TopicastPlayer } from './dom/player.js';
