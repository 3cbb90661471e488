import { describe, expect, it } from 'vitest';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { FETCH } from './fetch-api.js';
import { METADATA } from './metadata-api.js';

const hex = (...lines: string[]): string => lines.join('').replaceAll(' ', '');
const reading = (...lines: string[]): ByteReader => new ByteReader(Buffer.from(hex(...lines), 'hex'));
const FILM = '00112233445566778899aabbccddeeff';

describe('Fetch, version 13', () => {
  it('is written as the protocol lays it out', () => {
    const writer = new ByteWriter(1);
    FETCH.write(writer, {
      maxWaitMs: 500,
      maxBytes: 0x100000,
      session: {
        sessionId: 0x1234,
        sessionEpoch: 7,
        wanted: [{ topicId: FILM, partition: 2, offset: 2 ** 33 + 5, maxBytes: 0x8000 }],
        forgotten: [
          { topicId: FILM, partition: 0 },
          { topicId: FILM, partition: 1 },
        ],
      },
    });
    expect(writer.bytes.toString('hex')).toBe(
      hex(
        'ffffffff 000001f4 00000001 00100000 00 00001234 00000007',
        `02 ${FILM} 02`,
        '00000002 ffffffff 0000000200000005 ffffffff ffffffffffffffff 00008000 00',
        `00 02 ${FILM} 03 00000000 00000001 00`,
        '01 00',
      ),
    );
  });

  it('is read with its aborted transactions and tags', () => {
    const answer = FETCH.read(
      reading(
        `00000000 0000 00001234 02 ${FILM} 03`,
        '00000002 0000 0000000000000009 0000000000000009 0000000000000000',
        '02 0000000000000001 0000000000000003 00 ffffffff 04 aabbcc 00',
        '00000003 0064 ffffffffffffffff ffffffffffffffff ffffffffffffffff 00 ffffffff 00',
        '01 01 09 00000001 00000005 00',
        '00 00',
      ),
    );
    expect(answer).toEqual({
      errorCode: 0,
      sessionId: 0x1234,
      partitions: [
        { topicId: FILM, partition: 2, errorCode: 0, recordSet: Buffer.from('aabbcc', 'hex') },
        { topicId: FILM, partition: 3, errorCode: 100, recordSet: Buffer.alloc(0) },
      ],
    });
  });
});

describe('Metadata, version 12', () => {
  it('is asked for topics by name, or for all', () => {
    const some = new ByteWriter(1);
    METADATA.write(some, ['ab']);
    expect(some.bytes.toString('hex')).toBe(hex(`02 ${'00'.repeat(16)} 03 6162 00 00 00 00`));
    const all = new ByteWriter();
    METADATA.write(all, 'all');
    expect(all.bytes.toString('hex')).toBe('00000000');
  });

  it('is read', () => {
    const answer = METADATA.read(
      reading(
        '00000000 02 00000001 0a 3132372e302e302e31 00002384 00 00',
        '03 6162 00000001',
        `02 0000 03 6162 ${FILM} 00`,
        '02 0000 00000000 00000001 00000009 02 00000001 02 00000001 01 00',
        '80000000 00 00',
      ),
    );
    expect(answer).toEqual({
      brokers: [{ nodeId: 1, host: '127.0.0.1', port: 9092 }],
      controllerId: 1,
      topicMetadata: [
        {
          topicErrorCode: 0,
          topic: 'ab',
          topicId: FILM,
          partitionMetadata: [{ partitionErrorCode: 0, partitionId: 0, leader: 1, leaderEpoch: 9 }],
        },
      ],
    });
  });
});
