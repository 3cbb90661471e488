import type { StreamInfo } from '@topicast/contracts/http';
import { describe, expect, it } from 'vitest';
import { describeSource, encoderAction, streamFacts } from './stream-facts';

const stream = (part: Partial<StreamInfo>): StreamInfo => ({
  id: 'demo',
  title: 'Demo',
  state: 'live',
  viewers: 0,
  source: { kind: 'test' },
  ...part,
});

describe('what the studio shows of a stream', () => {
  it('hides the password in a camera’s address', () => {
    expect(describeSource({ kind: 'url', url: 'rtsp://admin:geheim@cam.example/1' })).toBe(
      'rtsp://admin:•••@cam.example/1',
    );
    expect(describeSource({ kind: 'url', url: 'https://host:8443/a@b', copy: true })).toBe(
      'https://host:8443/a@b (sent as it is)',
    );
  });

  it('offers what can be done', () => {
    const [start, stop] = ['start', 'stop'] as const;
    expect(encoderAction(stream({ enabled: true }))).toEqual({ toggle: stop, restart: false });
    expect(encoderAction(stream({ enabled: true, state: 'failed' }))).toEqual({
      toggle: stop,
      restart: true,
    });
    const off = stream({ enabled: false, state: 'offline' });
    expect(encoderAction(off)).toEqual({ toggle: start, restart: false });
    const foreign = stream({ source: { kind: 'topic' } });
    expect(encoderAction(foreign)).toEqual({ toggle: undefined, restart: false });
  });

  it('shows only facts that are known', () => {
    expect(streamFacts(stream({ state: 'offline' }), 0)).toEqual([]);
    const best = { kind: 'video', codec: 'avc1.64001f', width: 1280, height: 720, frameRate: 29.97 } as const;
    const live = stream({
      catalog: {
        session: 1,
        renditions: [
          { rendition: 0, bitrate: 3_100_000, tracks: [best] },
          { rendition: 1, bitrate: 900_000, tracks: [{ ...best, width: 640, height: 360 }] },
        ],
      },
      startedAt: '2026-01-01T00:00:00.000Z',
      analysis: { findings: [], loudness: -18.4 },
    });
    expect(streamFacts(live, Date.parse('2026-01-01T00:01:05Z'))).toEqual([
      ['Resolution', '1280 × 720'],
      ['Frame rate', '29.97 fps'],
      ['Renditions', '720p, 360p'],
      ['Bit rate', '3.1 Mbit/s'],
      ['Codecs', 'H.264'],
      ['Loudness', '−18 LUFS'],
      ['Viewers', '0'],
      ['On air', '1 min 5 s'],
    ]);
  });
});
