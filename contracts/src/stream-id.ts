declare const brand: unique symbol;
/** The stable name of a live channel: `[a-z0-9][a-z0-9-]{0,62}`. It outlives its encoders. */
export type StreamId = string & { readonly [brand]: 'StreamId' };

export const STREAM_ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;
const TOPIC_PREFIX = 'live.';

export const isStreamId = (text: string): text is StreamId => STREAM_ID_PATTERN.test(text);

/** @throws {TypeError} if the text is not a stream id. */
export function streamId(text: string): StreamId {
  if (!isStreamId(text)) {
    throw new TypeError(
      `"${text.slice(0, 80)}" is not a stream id: use 1 to 63 of a-z, 0-9 and "-", beginning with a letter or digit`,
    );
  }
  return text;
}

/** The topic that holds a stream's chunks; rendition r is its partition r. */
export const topicOf = (id: StreamId): string => `${TOPIC_PREFIX}${id}`;

/** The stream whose chunks a topic holds, or undefined for any other topic. */
export function streamOfTopic(topic: string): StreamId | undefined {
  const id = topic.startsWith(TOPIC_PREFIX) ? topic.slice(TOPIC_PREFIX.length) : '';
  return isStreamId(id) ? id : undefined;
}
