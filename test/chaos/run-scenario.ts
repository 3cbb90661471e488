import { ByteExactViewer, type Ending, type Jump } from '@topicast/test/byte-exact-viewer';
import { until } from '@topicast/test/poll';
import { usageOf } from '@topicast/test/processes';
import type { Service } from './child-process.js';
import type { ChaosCluster } from './cluster.js';
import { openEmbeddedStage } from './embedded-stage.js';
import { FaultClock } from './fault-clock.js';
import { openKafkaStage } from './kafka-stage.js';
import type { Scenario } from './scenario.js';
import { openScreen, type Screen } from './screen.js';
import { QUEUE_SECONDS, STALL_LIMIT_SECONDS } from './settings.js';
import type { Stage } from './stage.js';
import { deliverable, judgeDelivery, longestGap } from './verdict.js';

const STEADY_MS = 3000;
const SETTLE_MS = 4000;
const RECOVERY_LIMIT_MS = 45_000;
/** If nothing can flow for longer, the producers' queues are full, and chunks are dropped on purpose. */
const LONGEST_FAULT_MS = (QUEUE_SECONDS - STALL_LIMIT_SECONDS) * 1000;
/** More would take longer than a test may. */
const MOST_REPEATS = 1;

/** On a busy machine, the brokers took so long to start that there is nothing to judge. */
class FaultTooLong extends Error {}

/** A row of `--json`. */
export interface Measured {
  readonly scenario: string;
  /** Chunks that the log had acknowledged and the viewer never got. */
  readonly lost: number;
  readonly doubled: number;
  readonly outOfOrder: number;
  readonly faultSeconds: number;
  /** The longest time without a new chunk, of either stream. */
  readonly gapSeconds: number;
  /** The longest time without a new picture in the player; the gap if no player watched. */
  readonly stallSeconds: number;
}

export interface Outcome {
  readonly measured: Measured;
  readonly player: boolean;
  /** Chunks and pictures came again by themselves within {@link RECOVERY_LIMIT_MS}. */
  readonly hasRecovered: boolean;
  /** What `stallSeconds` may be. */
  readonly limitSeconds: number;
  /** Total resident memory of the processes that survived. */
  readonly memoryBytes: { readonly before: number; readonly after: number };
  /** Jumps, and how connections ended. */
  readonly notes: readonly string[];
}

/**
 * Build the system, let it run, cause the fault, wait for the recovery, and count what the viewers got. A fault that
 * turned out longer than a producer's queue is caused again.
 */
export async function runScenario(
  scenario: Scenario,
  cluster: () => Promise<ChaosCluster>,
): Promise<Outcome> {
  const repeats: string[] = [];
  for (;;) {
    try {
      const outcome = await runOnce(scenario, cluster);
      return { ...outcome, notes: [...repeats, ...outcome.notes] };
    } catch (error) {
      if (!(error instanceof FaultTooLong) || repeats.length === MOST_REPEATS) throw error;
      repeats.push(`once more: ${error.message}`);
    }
  }
}

async function runOnce(scenario: Scenario, cluster: () => Promise<ChaosCluster>): Promise<Outcome> {
  const fault = new FaultClock();
  if (scenario.on === 'embedded') {
    const stage = await openEmbeddedStage();
    return observe(scenario, stage, fault, () => scenario.hurt(stage, fault));
  }
  const running = await cluster();
  const stage = await openKafkaStage(running, scenario);
  try {
    return await observe(scenario, stage, fault, () => scenario.hurt(stage, fault));
  } finally {
    await running.cluster.untilInSync();
  }
}

async function observe(
  scenario: Scenario,
  stage: Stage,
  fault: FaultClock,
  hurt: () => Promise<void>,
): Promise<Outcome> {
  const numbers = new ByteExactViewer(stage.addresses(stage.numbers));
  const pictures = new ByteExactViewer(stage.addresses(stage.picture));
  const viewers = [numbers, pictures];
  let screen: Screen | undefined;
  try {
    screen = scenario.player ? await openScreen(stage.addresses(stage.picture)) : undefined;
    const newSince = async (time: number): Promise<boolean> => {
      const shown = screen ? await screen.presentedAt() : [Number.POSITIVE_INFINITY];
      return viewers.every(({ arrivals }) => arrivals.at(-1)!.at > time) && shown.at(-1)! > time;
    };
    await until('all flows', () => viewers.every(({ arrivals }) => arrivals.length > 0));
    await sleep(STEADY_MS);
    const before = memoryOf(stage.services());

    await hurt();
    const { from, to } = fault.span;
    if (scenario.redundancy === 'none' && to - from > LONGEST_FAULT_MS) {
      throw new FaultTooLong(
        `the fault lasted ${seconds(to - from)} s, which is longer than a producer's queue`,
      );
    }
    const hasRecovered = await until('all flows again', () => newSince(to), {
      limitMs: RECOVERY_LIMIT_MS,
    }).catch(() => false);
    await sleep(SETTLE_MS);
    const seen = Date.now();
    const shown = screen ? await screen.presentedAt() : undefined;
    const after = memoryOf(stage.services());

    const acknowledged = await stage.stopPublishing();
    await until(
      'the last chunk has come',
      () => numbers.arrivals.at(-1)?.sequence === acknowledged.at(-1)?.sequence,
      { limitMs: 30_000 },
    ).catch(() => undefined);
    // The pictures continue, so compare what arrived so far with what the log holds up to that point.
    const pictured = [...pictures.arrivals];
    const last = pictured.at(-1)!;
    const inTopic = deliverable(await stage.readPictures(pictured[0]!.offset));
    const upTo = inTopic.chunks.findIndex(
      (it) => it.session === last.session && it.sequence === last.sequence,
    );
    const ofNumbers = judgeDelivery(acknowledged, numbers.arrivals);
    const ofPictures = judgeDelivery(inTopic.chunks.slice(0, upTo + 1), pictured);

    const gaps = viewers.map(({ arrivals }) =>
      longestGap(
        arrivals.map(({ at }) => at),
        from,
        seen,
      ),
    );
    const gapSeconds = seconds(Math.max(...gaps));
    const faultSeconds = seconds(to - from);
    return {
      measured: {
        scenario: scenario.name,
        lost: ofNumbers.lost + ofPictures.lost + inTopic.missing,
        doubled: ofNumbers.doubled + ofPictures.doubled,
        outOfOrder: ofNumbers.outOfOrder + ofPictures.outOfOrder,
        faultSeconds,
        gapSeconds,
        stallSeconds: shown ? seconds(longestGap(shown, from, seen)) : gapSeconds,
      },
      player: shown !== undefined,
      hasRecovered,
      limitSeconds: STALL_LIMIT_SECONDS + (scenario.redundancy === 'none' ? faultSeconds : 0),
      memoryBytes: sharedBetween(before, after),
      notes: [
        `gaps: numbers ${seconds(gaps[0]!)} s, pictures ${seconds(gaps[1]!)} s; missing in the topic: ${inTopic.missing}`,
        ...viewers.flatMap(({ jumps }) => jumps.filter(({ at }) => at >= from).map(wordsOfJump)),
        ...viewers.flatMap(({ endings }) => endings.filter(({ at }) => at >= from).map(wordsOfEnding)),
      ],
    };
  } finally {
    for (const viewer of viewers) viewer.close();
    await screen?.close();
    await stage.close();
  }
}

const wordsOfJump = ({ reason, skipped }: Jump): string => `jump: ${reason}, ${skipped} skipped`;
const wordsOfEnding = ({ why }: Ending): string => `connection: ${why}`;

const memoryOf = (services: readonly Service[]): Map<number, number> =>
  new Map(services.map(({ pid }) => [pid, usageOf(pid).residentBytes]));

function sharedBetween(before: Map<number, number>, after: Map<number, number>): Outcome['memoryBytes'] {
  const both = [...after.keys()].filter((pid) => before.has(pid));
  const sum = (of: Map<number, number>): number => both.reduce((total, pid) => total + of.get(pid)!, 0);
  return { before: sum(before), after: sum(after) };
}

const seconds = (ms: number): number => Math.round(ms / 10) / 100;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
