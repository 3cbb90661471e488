import type { PlayerRendition } from '@topicast/player';
import { describe, expect, it } from 'vitest';
import { qualityChoices, qualityName } from './quality-choices';

const high: PlayerRendition = { rendition: 0, playable: true, width: 1280, height: 720, bitrate: 3_100_000 };
const low: PlayerRendition = { rendition: 1, playable: true, width: 640, height: 360 };

describe('the quality menu', () => {
  it('is empty where there is no choice', () => {
    expect(qualityChoices([], undefined)).toEqual([]);
    expect(qualityChoices([high], 0)).toEqual([]);
  });

  it('names what is played beside the automatic choice, and turns off what cannot be played', () => {
    expect(qualityChoices([{ ...high, playable: false }, low], 1)).toEqual([
      { value: 'auto', name: 'Auto (360p)', disabled: false },
      { value: 0, name: '720p', note: 'not in this browser', disabled: true },
      { value: 1, name: '360p', disabled: false },
    ]);
    expect(qualityChoices([high, low], undefined)[1]).toMatchObject({ name: '720p', note: '3.1 Mbit/s' });
  });

  it('has a name for everything', () => {
    expect(qualityName({ rendition: 0, playable: true, width: 720, height: 1280 })).toBe('720p');
    expect(qualityName({ rendition: 2, playable: true, audioCodec: 'mp4a.40.2' })).toBe('Sound only');
    expect(qualityName({ rendition: 2, playable: true })).toBe('Quality 3');
  });
});
