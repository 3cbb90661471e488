import type { Milliseconds } from '@topicast/contracts/units';
import type { z } from 'zod';
import {
  type EventRecord,
  type EventStart,
  type EventTopic,
  type EventTopics,
  LogError,
  type NewEventRecord,
  type Retention,
} from './chunk-log.js';

/** What writers and readers of a topic of events agree on. Define it once, and use it in both. */
export interface EventDefinition<Schema extends z.ZodType> extends Retention {
  /** Like a table's name: 1 to 200 of a-z, A-Z, 0-9, ".", "_" and "-". In Kafka the topic is `events.<name>`. */
  readonly name: string;
  /** Writers write the schema's input as JSON; readers get its output. */
  readonly schema: Schema;
}

export interface NewEvent<Event> {
  /** What the event is about, such as a stream or a viewer. */
  readonly key?: string;
  readonly event: Event;
}

export interface LogEvent<Event> {
  readonly offset: number;
  /** When the log took it in, wall clock. */
  readonly timestamp: Milliseconds;
  readonly key: string | undefined;
  readonly event: Event;
}

/**
 * Open a topic of events. It is created if it does not exist; otherwise it takes the definition's retention.
 * @throws {LogError} `invalid` for an impossible name
 */
export async function openEvents<Schema extends z.ZodType>(
  log: EventTopics,
  { name, schema, ...retention }: EventDefinition<Schema>,
): Promise<Events<Schema>> {
  return new Events(name, schema, await log.eventTopic(name, retention));
}

/** Events of one schema, in the order in which the log took them in. */
export class Events<Schema extends z.ZodType> {
  readonly #name: string;
  readonly #schema: Schema;
  readonly #topic: EventTopic;
  #damaged = 0;

  /** Use {@link openEvents}. */
  constructor(name: string, schema: Schema, topic: EventTopic) {
    this.#name = name;
    this.#schema = schema;
    this.#topic = topic;
  }

  /** How many events the tails of this object have skipped because they are not JSON or do not fit the schema. */
  get damaged(): number {
    return this.#damaged;
  }

  /**
   * Append events, in order, all or none. Resolves with the offset of the first when they are durable.
   * @throws {LogError} `invalid` if one of them does not fit the schema
   */
  async append(events: readonly NewEvent<z.input<Schema>>[]): Promise<number> {
    return this.#topic.append(events.map((each) => this.#encode(each)));
  }

  /**
   * Read continuously, until the signal aborts: batches of events in order, each as soon as it is durable. A damaged
   * event costs only that event.
   */
  async *tail(
    start: EventStart,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LogEvent<z.output<Schema>>[], void> {
    for await (const records of this.#topic.tail(start, signal)) {
      const events = records.flatMap((record) => this.#decode(record));
      if (events.length > 0) yield events;
    }
  }

  #encode({ key, event }: NewEvent<z.input<Schema>>): NewEventRecord {
    const checked = this.#schema.safeParse(event);
    if (checked.success) return { key, json: JSON.stringify(event) };
    const [issue] = checked.error.issues;
    const where = issue?.path.length ? ` at "${issue.path.join('.')}"` : '';
    throw new LogError('invalid', `no event of "${this.#name}"${where}: ${issue?.message}`, {
      cause: checked.error,
    });
  }

  #decode({ json, ...record }: EventRecord): LogEvent<z.output<Schema>>[] {
    const value = parsed(json);
    const checked = value && this.#schema.safeParse(value.value);
    if (checked?.success) return [{ ...record, event: checked.data }];
    this.#damaged += 1;
    return [];
  }
}

/** Undefined if the text is not JSON. */
function parsed(json: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(json) };
  } catch {
    return undefined;
  }
}
