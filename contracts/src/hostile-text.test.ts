import { expect, it } from 'vitest';
import { z } from 'zod';
import { parseClientMessage } from './client-message.js';
import { readConfig, sharedSettings } from './config.js';
import { createStreamRequest } from './http.js';
import { Liveness } from './liveness.js';
import { parsePosition } from './position.js';
import { parseServerMessage } from './server-message.js';
import { unknownSettings } from './setting-names.js';
import { isStreamId, streamId, streamOfTopic } from './stream-id.js';
import { StreamTables } from './stream-tables.js';
import { slowReaders } from './testing/hostile-text.js';
import { MemoryTable } from './testing/memory-table.js';
import { milliseconds } from './units.js';

const tablesWith = (key: string, value: string): void => {
  const table = new MemoryTable([[key, value]]);
  new StreamTables({ streams: table, status: table });
  new Liveness(table, { monotonic: () => milliseconds(0), wall: () => milliseconds(0) });
};

it('no text that comes from outside keeps the event loop', () => {
  const readers = {
    'stream id': isStreamId,
    'stream id or error': streamId,
    'topic name': streamOfTopic,
    position: parsePosition,
    'client message': parseClientMessage,
    'position in a client message': (text: string) =>
      parseClientMessage(JSON.stringify({ type: 'seek', to: text })),
    'server message': parseServerMessage,
    'request body': (text: string) =>
      createStreamRequest.safeParse({ id: text, title: text, source: { kind: 'url', url: text } }),
    'broker list': (text: string) => readConfig(z.object(sharedSettings), { KAFKA_BROKERS: text }),
    'name of a setting': (text: string) => unknownSettings({ [`TOPICAST_${text}`]: '1' }),
    'key of a row': (text: string) => tablesWith(text, '{}'),
    'row of a stream': (text: string) => tablesWith('a', text),
    'texts in a row': (text: string) =>
      tablesWith(
        'a',
        JSON.stringify({ id: 'a', title: text, createdAt: text, declaredBy: text, boundTo: text }),
      ),
    'row of a status': (text: string) => tablesWith('stream/a', text),
    'texts in a status': (text: string) =>
      tablesWith(
        'stream/a',
        JSON.stringify({ producer: text, state: 'live', startedAt: text, problem: text }),
      ),
    heartbeat: (text: string) => tablesWith('producer/a', JSON.stringify({ at: text })),
  };
  expect(slowReaders(readers)).toEqual([]);
});
