/**
 * The settings of the services and brokers under faults, and the reasons; docs/4-operate.md gives operators the same.
 */

/**
 * Brokers. With Kafka's defaults, it takes 9 s until a silent broker counts as dead, and 30 s until a replica that lags
 * leaves the in-sync set; a live picture cannot wait that long.
 */
export const BROKER_SETTINGS = {
  /** A broker that is gone loses its leaderships this long after its last heartbeat: the longest part of the gap. */
  'broker.session.timeout.ms': 1000,
  /** Several heartbeats per session, so that one late heartbeat costs nothing. */
  'broker.heartbeat.interval.ms': 200,
  /** The same for the controllers, whose leader may be on the broker that is gone. */
  'controller.quorum.fetch.timeout.ms': 800,
  'controller.quorum.election.timeout.ms': 400,
  'controller.quorum.election.backoff.max.ms': 200,
  /** A follower that hangs delays every write with acks=all until it is out of the in-sync set. */
  'replica.lag.time.max.ms': 2000,
  /** With three copies, a write counts when two have it: one broker may be away and nothing acknowledged is lost. */
  'min.insync.replicas': 2,
  /**
   * Producers choose how long they may be silent before their streams go to others; the default of 6 s forbids shorter
   * times.
   */
  'group.min.session.timeout.ms': 1000,
  /** Nobody waits for more members when the first one joins. */
  'group.initial.rebalance.delay.ms': 0,
} as const;

export const OPERATOR_TOKEN = 'operator-token-for-chaos-only';

/** Services: the environment that differs from the defaults. */
export const SERVICE_SETTINGS = {
  TOPICAST_TOKEN: OPERATOR_TOKEN,
  /** How long a producer may be silent before another one encodes its streams. */
  TOPICAST_PRODUCER_SESSION_TIMEOUT_MS: '1500',
  /** A small picture: these runs are about faults, and share the machine with three brokers and a browser. */
  TOPICAST_VIDEO_MAX_HEIGHT: '360',
  TOPICAST_VIDEO_PRESET: 'ultrafast',
  TOPICAST_VIDEO_MAX_KBIT: '1500',
} as const;

/** The producer's queue (producer/src/publish): how long an outage may last without loss. */
export const QUEUE_SECONDS = 30;

/** How long the picture may stand still: from the fault on if a redundant part remains, otherwise from its end on. */
export const STALL_LIMIT_SECONDS = 3;
