import { type Arrival, hashOf, type Jump } from './byte-exact-viewer.js';
import { numberedChunk } from './numbered-chunks.js';
import { until } from './poll.js';

/** What was written: numbered chunks from 0 on. */
interface Written {
  readonly session: number;
  readonly chunkBytes: number;
  /** How many. */
  readonly count: number;
}

interface Viewer {
  readonly arrivals: readonly Arrival[];
  readonly jumps: readonly Jump[];
  /** For error messages. */
  readonly endings: readonly unknown[];
}

/** Everything from each viewer's first chunk to the last one written: none lost, none repeated, byte for byte. */
export async function untilAllExact(viewers: readonly Viewer[], written: () => Written): Promise<void> {
  await until('every viewer has every chunk, once and in order', () => {
    for (const [index, viewer] of viewers.entries()) {
      const fault = faultOf(viewer, written());
      if (fault) throw new Error(`viewer ${index}: ${fault}; it had ${JSON.stringify(viewer.endings)}`);
    }
    return true;
  });
}

function faultOf({ arrivals, jumps }: Viewer, { session, chunkBytes, count }: Written) {
  const first = arrivals[0];
  const last = arrivals.at(-1);
  if (!first || !last) return 'nothing came';
  if (jumps.length > 0) return `jumps ${JSON.stringify(jumps)}`;
  const wrong = arrivals.find(
    ({ sequence, hash }, index) =>
      sequence !== first.sequence + index ||
      hash !== hashOf(numberedChunk(session, sequence, chunkBytes).value),
  );
  if (wrong) return `chunk ${wrong.sequence} came out of turn, or was not the one written`;
  return last.sequence === count - 1 ? undefined : `ends at chunk ${last.sequence} of ${count}`;
}
