import type { Track } from '@topicast/contracts/catalog';
import { ticks90k } from '@topicast/contracts/units';
import type { Chunk } from '@topicast/media/mpegts';
import { until } from '@topicast/test/poll';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { readProducerConfig } from '../../config.js';
import { SessionCatalog } from '../../encoder/session-catalog.js';
import { chunkOf } from '../../testing/chunks.js';
import { NO_FFMPEG, NO_GUARD } from '../../testing/no-ffmpeg.js';
import { Renditions } from './renditions.js';

const TRACKS: Track[] = [
  { kind: 'video', pid: 0x100, codec: 'avc1.64001f', width: 1280, height: 720, frameRate: 30 },
];

/** What is published with an ffmpeg that cannot be started. */
function scene(libavformat = 59) {
  const pushed: number[] = [];
  const counts: number[] = [];
  const renditions = new Renditions({
    ffmpeg: { ...NO_FFMPEG, path: '/nowhere/ffmpeg', libavformat },
    ...{ guard: NO_GUARD, encoding: readProducerConfig({}).encoding, logger: pino({ enabled: false }) },
    publisher: {
      push: (rendition) => {
        pushed.push(rendition);
      },
      changeRenditions: (count) => {
        counts.push(count);
      },
    },
  });
  renditions.beginSession(new SessionCatalog(1, 1));
  renditions.want([{ height: 360 }]);
  let index = 0;
  return {
    ...{ renditions, pushed, counts },
    /** A GOP of five pictures, of which these are shown by so many pictures later than they are decoded. */
    gop: (...later: number[]) => {
      for (let picture = 0; picture < 5; picture++) {
        const presentationOffset = ticks90k((later[picture] ?? 0) * 3_000);
        const chunk: Chunk = chunkOf(index++, { keyframe: picture === 0, presentationOffset });
        renditions.push(chunk, TRACKS);
      }
    },
  };
}

describe('the renditions of what is published', () => {
  it('go on with the best one while no encoder of the others can be started', async () => {
    const { renditions, pushed, counts, gop } = scene();
    gop();
    expect([counts, renditions.count]).toEqual([[2], 2]);
    await until('its end is noticed', () => renditions.count === 1);
    for (let count = 0; count < 20; count++) gop();
    expect(pushed).toEqual(Array<number>(105).fill(0));
    expect(renditions.notes).toEqual([expect.stringContaining('starts again at a keyframe')]);
    // It takes longer from time to time until it is tried again.
    expect(counts.length).toBeLessThan(8);
    await renditions.close();
  });

  it('are one where GOPs are open, and more with closed GOPs, also with B-frames', async () => {
    const { renditions, counts, gop } = scene();
    gop(2, 3, 1, 1, 3);
    expect(counts).toEqual([2]);
    expect(renditions.notes).not.toContainEqual(expect.stringContaining('open GOPs'));
    gop(2, 0, 0, 3, 1);
    gop();
    expect(renditions.notes).toEqual([expect.stringContaining('open GOPs')]);
    expect(renditions.count).toBe(1);
    await renditions.close();
  });

  it('are one where nothing is smaller, or ffmpeg is too old, and the notes say so', () => {
    const { renditions, counts, gop } = scene();
    renditions.want([{ height: 720 }]);
    gop();
    expect(renditions.notes).toEqual([expect.stringContaining('The encoder sends 720 lines')]);
    const old = scene(58);
    old.gop();
    expect(old.renditions.notes).toEqual([expect.stringContaining('older than version 5')]);
    expect([...counts, ...old.counts]).toEqual([]);
  });
});
