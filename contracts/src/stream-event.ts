import { z } from 'zod';

/** What has happened to streams: a topic of events, keyed by stream. The words are made here, and are not stored. */
export const STREAM_EVENTS_TOPIC = 'streams';
export const MOST_EVENTS_SHOWN = 200;

const at = z.number().describe('when it happened, wall clock: ms since the epoch');
const words = z.string().optional();
/** Which one of two encoders. */
const place = z.enum(['primary', 'backup']);
/** What an edit can change. */
const CHANGES = ['title', 'source', 'renditions', 'encoding'] as const;
export type StreamChange = (typeof CHANGES)[number];

export const streamEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('created'), at }),
  z.object({ kind: z.literal('deleted'), at }),
  /** Somebody has asked for it. */
  z.object({ kind: z.literal('started'), at }),
  z.object({ kind: z.literal('stopped'), at }),
  z.object({ kind: z.literal('changed'), at, what: z.array(z.enum(CHANGES)).max(CHANGES.length) }),
  z.object({ kind: z.literal('key-renewed'), at, place: place.optional() }),
  /** Its first pictures are in the log. */
  z.object({ kind: z.literal('live'), at, producer: z.string().max(128) }),
  /** Its encoder has ended by itself, and is started again or awaited. */
  z.object({ kind: z.literal('lost'), at, problem: words }),
  z.object({ kind: z.literal('failed'), at, problem: words }),
  /** The encoder has vanished, and viewers see a slate. */
  z.object({ kind: z.literal('away'), at }),
  z.object({ kind: z.literal('back'), at }),
  /** A second encoder with the same key has taken the place of the first. */
  z.object({ kind: z.literal('taken-over'), at }),
  /** Viewers get the other one of two encoders. */
  z.object({ kind: z.literal('switched'), at, place }),
  /** The encoder that published has gone. */
  z.object({ kind: z.literal('left'), at, problem: words }),
]);
export type StreamEvent = z.infer<typeof streamEvent>;
/** Without the time, which its writer adds. */
export type StreamHappening = StreamEvent extends infer E
  ? E extends StreamEvent
    ? Omit<E, 'at'>
    : never
  : never;

export const streamEvents = z.object({
  events: z.array(z.object({ event: streamEvent, words: z.string() })).describe('the newest first'),
});
export type StreamEvents = z.infer<typeof streamEvents>;

/** One sentence. */
export function wordsOfEvent(event: StreamEvent): string {
  switch (event.kind) {
    case 'created':
      return 'The stream was created.';
    case 'deleted':
      return 'The stream was deleted.';
    case 'started':
      return 'Somebody started the stream.';
    case 'stopped':
      return 'Somebody stopped the stream.';
    case 'changed':
      return `Somebody changed the settings: ${event.what.join(', ')}.`;
    case 'key-renewed':
      return event.place === 'backup'
        ? 'Somebody made a new key for the backup encoder. An older one is no longer valid.'
        : 'Somebody made a new stream key. The old one is no longer valid.';
    case 'live':
      return 'The stream went live.';
    case 'lost':
      return because('The stream lost its encoder', event.problem);
    case 'failed':
      return because('The stream failed', event.problem);
    case 'away':
      return 'The encoder is away, and viewers see its last picture.';
    case 'back':
      return 'The encoder is back.';
    case 'taken-over':
      return 'Another encoder with the same stream key took over.';
    case 'switched':
      return `Viewers get the ${event.place} encoder.`;
    case 'left':
      return because('The encoder left', event.problem);
  }
}

const because = (what: string, problem: string | undefined): string =>
  problem ? `${what}: ${problem}` : `${what}.`;
