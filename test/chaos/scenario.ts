import type { EmbeddedStage } from './embedded-stage.js';
import type { FaultClock } from './fault-clock.js';
import type { KafkaStage, KafkaStageOptions } from './kafka-stage.js';

interface Common {
  readonly name: string;
  /** What happens, in a line. */
  readonly what: string;
  /** `remains`: another one does the work of what is hurt; `none`: nothing can flow before the fault ends. */
  readonly redundancy: 'remains' | 'none';
  /** Whether a real player in Chromium watches too. */
  readonly player: boolean;
  /** Why it cannot be had on this machine. */
  unavailable?(): string | undefined;
}

/** A fault of a system of three brokers, two gateways, and producers, all of them processes. */
export interface KafkaScenario extends Common, KafkaStageOptions {
  readonly on: 'kafka';
  /** Do it, between `fault.begins()` and `fault.ends()`; resolves when it is over. */
  hurt(stage: KafkaStage, fault: FaultClock): Promise<void>;
}

/** A fault of a gateway and a producer in one process, on an embedded log. */
export interface EmbeddedScenario extends Common {
  readonly on: 'embedded';
  hurt(stage: EmbeddedStage, fault: FaultClock): Promise<void>;
}

export type Scenario = KafkaScenario | EmbeddedScenario;
