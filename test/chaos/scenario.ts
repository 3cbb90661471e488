import type { EmbeddedStage } from './embedded-stage.js';
import type { FaultClock } from './fault-clock.js';
import type { KafkaStage, KafkaStageOptions } from './kafka-stage.js';

interface Common {
  readonly name: string;
  /** What happens, in a line. */
  readonly what: string;
  /** `remains`: another part does the work of the failed one; `none`: nothing can flow before the fault ends. */
  readonly redundancy: 'remains' | 'none';
  /** Whether a real player in Chromium also watches. */
  readonly player: boolean;
  /** Why it cannot run on this machine. */
  unavailable?(): string | undefined;
}

/** A fault in a system of three brokers, two gateways and producers, all of them separate processes. */
export interface KafkaScenario extends Common, KafkaStageOptions {
  readonly on: 'kafka';
  /** Do it, between `fault.begins()` and `fault.ends()`; resolves when it is over. */
  hurt(stage: KafkaStage, fault: FaultClock): Promise<void>;
}

/** A fault in a gateway and a producer in one process, on an embedded log. */
export interface EmbeddedScenario extends Common {
  readonly on: 'embedded';
  hurt(stage: EmbeddedStage, fault: FaultClock): Promise<void>;
}

export type Scenario = KafkaScenario | EmbeddedScenario;
