import type { StreamInfo } from '@topicast/contracts/http';
import { describe, expect, it } from 'vitest';
import { arranged, found } from './stream-list';

const stream = (id: string, part: Partial<StreamInfo> = {}): StreamInfo => ({
  ...{ id, title: id, state: 'offline', viewers: 0, source: { kind: 'test' } },
  ...part,
});
const ids = (streams: readonly StreamInfo[]): string[] => streams.map(({ id }) => id);

describe('the list of streams', () => {
  it('has what runs first, and then the titles as people sort them', () => {
    const streams = [
      stream('z', { title: 'Camera 10' }),
      stream('y', { title: 'camera 2' }),
      stream('broken', { state: 'failed' }),
      stream('soon', { state: 'starting' }),
      stream('on-air', { state: 'live', title: 'Zoo' }),
      stream('untitled', { state: 'live', title: '' }),
      stream('b', { title: 'camera 2' }),
    ];
    expect(ids(arranged(streams))).toEqual(['untitled', 'on-air', 'soon', 'broken', 'b', 'y', 'z']);
  });

  it('finds all words of a search in title, id and source, in any order and without accents', () => {
    const streams = [
      stream('party', { title: 'Fête d’été' }),
      stream('door', { title: 'Front', source: { kind: 'url', url: 'rtsp://admin:geheim@cam.example/1' } }),
      stream('film', { source: { kind: 'file', path: '/media/Front.mkv' } }),
    ];
    expect(ids(found(streams, ' ETE  fete '))).toEqual(['party']);
    expect(ids(found(streams, 'front'))).toEqual(['door', 'film']);
    expect(ids(found(streams, 'front example'))).toEqual(['door']);
    // It would show the password letter by letter.
    expect(found(streams, 'geheim')).toEqual([]);
    expect(found(streams, '  ')).toHaveLength(3);
  });
});
