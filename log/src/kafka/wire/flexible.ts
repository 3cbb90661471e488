import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { encoded, type Protocol } from './kafkajs-private.js';

/** A kind of request in one of the versions that have tagged fields, which kafkajs does not write. */
export interface FlexibleApi<Fields, Answer> {
  readonly name: string;
  readonly key: number;
  readonly version: number;
  readonly write: (writer: ByteWriter, fields: Fields) => void;
  readonly read: (reader: ByteReader) => Answer;
}

/**
 * A request with header version 2: kafkajs writes the header of version 1, whose end the tagged fields follow (none: one
 * zero byte). The answer's header, version 1, has them after the correlation id. KIP-482.
 */
export function flexibleRequest<Fields, Answer>(
  { name, key, version, write, read }: FlexibleApi<Fields, Answer>,
  fields: Fields,
): Protocol<Answer> {
  const encode = async (): Promise<unknown> => {
    const writer = new ByteWriter().noTags();
    write(writer, fields);
    return encoded(writer.bytes);
  };
  const decode = async (payload: Buffer): Promise<Answer> => {
    const reader = new ByteReader(payload);
    reader.skipTags();
    return read(reader);
  };
  return {
    request: { apiKey: key, apiVersion: version, apiName: name, encode },
    response: { decode, parse: async (answer) => answer },
  };
}
