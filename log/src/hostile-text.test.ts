import { slowReaders } from '@topicast/contracts/testing/hostile-text';
import { expect, it } from 'vitest';
import { readKafkaConfig } from './kafka/config.js';
import { checkTableName } from './table-view.js';

it('no name keeps the event loop', () => {
  const readers = {
    'name of a table': checkTableName,
    brokers: (text: string) => readKafkaConfig({ KAFKA_BROKERS: text }),
    'prefix of topics': (text: string) => readKafkaConfig({ KAFKA_BROKERS: 'a:1', KAFKA_TOPIC_PREFIX: text }),
  };
  expect(slowReaders(readers)).toEqual([]);
});
