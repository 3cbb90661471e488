import type { EditStreamRequest, StreamInfo } from '@topicast/contracts/http';
import { describe, expect, it } from 'vitest';
import { GatewayError } from './gateway-client';
import { saveEdit } from './save-edit';

const BASE: StreamInfo = {
  ...{ id: 'cam', title: 'Camera', state: 'live', viewers: 0, source: { kind: 'test' }, version: 3 },
};
const CHANGE: EditStreamRequest = { version: 3, title: 'Front door' };

/** A stream that somebody else changes as soon as it is looked at, as often as there are changes. */
function editedStream(...changes: Partial<StreamInfo>[]) {
  let stream = BASE;
  const sent: EditStreamRequest[] = [];
  const othersAct = (): void => {
    const change = changes.shift();
    if (change) stream = { ...stream, ...change, version: stream.version! + 1 };
  };
  return {
    sent,
    newest: async () => stream,
    async send(request: EditStreamRequest): Promise<void> {
      sent.push(request);
      othersAct();
      if (request.version !== stream.version)
        throw new GatewayError('Changed.', { kind: 'refused', status: 409, fields: new Map() });
    },
  };
}

const started = { state: 'starting', enabled: true } as const;
const stopped = { state: 'offline', enabled: false } as const;

describe('an edit', () => {
  it('is sent again where the stream was only started or stopped, with the newest version', async () => {
    const stream = editedStream(stopped, started);
    expect(await saveEdit(stream, CHANGE, BASE)).toBe('saved');
    expect(stream.sent).toEqual([3, 4, 5].map((version) => ({ version, title: 'Front door' })));
  });

  it('gives up where the stream is started and stopped all the time', async () => {
    const stream = editedStream(stopped, started, stopped, started, stopped);
    expect(await saveEdit(stream, CHANGE, BASE)).toBe('conflict');
    expect(stream.sent).toHaveLength(3);
  });

  it('meets another opinion also where the first conflict was none', async () => {
    const stream = editedStream(stopped, { title: 'Theirs' });
    expect(await saveEdit(stream, CHANGE, BASE)).toBe('conflict');
    expect(stream.sent).toHaveLength(2);
  });

  it('is refused where nobody has changed the stream, whatever the status', async () => {
    for (const status of [409, 403]) {
      const refusal = new GatewayError('No.', { kind: 'refused', status, fields: new Map() });
      const stream = { newest: async () => BASE, send: () => Promise.reject(refusal) };
      await expect(saveEdit(stream, CHANGE, BASE)).rejects.toBe(refusal);
    }
  });
});
