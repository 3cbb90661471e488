import { LogError } from '../../chunk-log.js';
import { retry } from '../retry.js';
import type { TopicNames } from '../topics/topic-names.js';
import type { Cluster } from './cluster.js';
import { NotAdmitted } from './security.js';

/** How long brokers may hang up before we blame the settings; a broker that is being restarted hangs up too. */
const HANGING_UP_LIMIT_MS = 5000;

/**
 * Resolves when a broker has answered, however long that takes. @throws {LogError} `invalid` if the brokers are there
 * but do not let us in; the signal's reason
 */
export async function firstContact(cluster: Cluster, names: TopicNames, signal: AbortSignal): Promise<void> {
  const refused = refusal();
  await retry(() => cluster.metadata([names.of('topicast.streams')]).catch(refused), { signal });
}

/** Ends the wait for brokers that are there but do not let us in. */
function refusal(): (error: unknown) => never {
  let since: number | undefined;
  return (error) => {
    if (!(error instanceof NotAdmitted)) {
      since = undefined;
      throw error;
    }
    since ??= performance.now();
    if (!error.isCertain && performance.now() - since < HANGING_UP_LIMIT_MS) throw error;
    throw new LogError('invalid', error.message, { cause: error });
  };
}
