import { createHash } from 'node:crypto';

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Which stream has which port. Pure. A stream keeps the port that it has; a new one gets the port of its name, or the
 * next one that is free, so that it is the same after a restart as a rule. Without a free port, it has none.
 */
export function assignPorts(
  streams: Iterable<string>,
  range: PortRange,
  before: ReadonlyMap<string, number>,
): Map<string, number> {
  const size = range.last - range.first + 1;
  const wanted = [...new Set(streams)].sort();
  const ports = new Map(
    wanted.flatMap((stream) => {
      const port = before.get(stream);
      return port === undefined ? [] : [[stream, port] as const];
    }),
  );
  const taken = new Set(ports.values());
  for (const stream of wanted) {
    if (ports.has(stream) || taken.size >= size) continue;
    let offset = createHash('sha256').update(stream).digest().readUInt32BE(0) % size;
    while (taken.has(range.first + offset)) offset = (offset + 1) % size;
    ports.set(stream, range.first + offset);
    taken.add(range.first + offset);
  }
  return ports;
}
