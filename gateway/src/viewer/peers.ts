/** How many viewers there are, of which streams, from which addresses. */
export interface Counts {
  readonly viewers: number;
  readonly streams: ReadonlyMap<string, number>;
  readonly addresses: ReadonlyMap<string, number>;
}

/** The other processes of the same gateway, if it has several (see cluster/). */
export interface Peers {
  /** Their viewers, as of a moment ago. */
  readonly counts: Counts;
  /** Report what this process has; called about once a second. */
  report(counts: Counts): void;
  /** The metrics of all processes, summed, in the format of Prometheus. */
  metrics(): Promise<string>;
}

export const NOBODY: Counts = { viewers: 0, streams: new Map(), addresses: new Map() };
