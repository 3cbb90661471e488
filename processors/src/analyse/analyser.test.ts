import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { milliseconds } from '@topicast/contracts/units';
import { FFMPEG } from '@topicast/test/ffprobe';
import { footage } from '@topicast/test/footage';
import { until } from '@topicast/test/poll';
import { temporaryFolder } from '@topicast/test/temporary';
import { describe, expect, it, vi } from 'vitest';
import { BLACK, filmOf, MOVING, NOISE, SILENCE, STILL, TONE, WHISPER } from '../testing/film.js';
import { Analyser } from './analyser.js';
import { Judge } from './judge.js';

/** What is found in a film at its end. */
async function findingsOf(film: Parameters<typeof filmOf>[0]) {
  const judge = new Judge();
  let last = 0;
  const analyser = new Analyser({
    ffmpegPath: FFMPEG,
    onFact: (fact) => {
      if (fact.kind === 'loudness') last = fact.at;
      judge.take(fact, milliseconds(Date.now()));
    },
    onSkipped: () => expect.unreachable(),
  });
  for (const { data, keyframe } of filmOf(film)) analyser.take(data, keyframe);
  await until('the sound was heard to the end', () => last > film.seconds - 2);
  await analyser.close();
  const { findings, loudness } = judge.analysis;
  return { found: findings.map(({ kind }) => kind), loudness };
}

describe('an analyser', () => {
  it('finds nothing wrong with a moving picture and a tone, and knows how loud it is', async () => {
    const { found, loudness } = await findingsOf({ inputs: [...MOVING, ...TONE], seconds: 35 });
    expect(found).toEqual([]);
    expect(loudness).toBeGreaterThan(-26);
    expect(loudness).toBeLessThan(-16);
  });

  it('finds nothing wrong with a film', async () => {
    const { path: film, origin } = footage('tears-of-steel-clip.webm');
    const inputs = ['-stream_loop', '-1', '-i', film];
    const { found } = await findingsOf({ inputs, seconds: 45, outputs: ['-vf', 'scale=320:-2'] });
    expect(found, `the film is ${origin}`).toEqual([]);
  });

  it.each([
    ['black', { inputs: [...BLACK, ...TONE], seconds: 15 }],
    ['frozen', { inputs: [...STILL, ...TONE], seconds: 45 }],
    ['silent', { inputs: [...MOVING, ...SILENCE], seconds: 15 }],
    ['loud', { inputs: [...MOVING, ...NOISE], seconds: 38 }],
    ['quiet', { inputs: [...MOVING, ...WHISPER], seconds: 38 }],
  ] as const)('finds that it is %s', async (kind, film) => {
    expect((await findingsOf(film)).found).toEqual([kind]);
  });

  it('leaves out what an ffmpeg that hangs does not take, and gives up in the end', async () => {
    using folder = temporaryFolder();
    const program = path.join(folder.path, 'hangs');
    writeFileSync(program, '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
    let skipped = 0;
    const onSkipped = (): void => {
      skipped += 1;
    };
    const analyser = new Analyser({ ffmpegPath: program, onFact: () => {}, onSkipped });
    const megabyte = new Uint8Array(1_048_576);
    for (let count = 0; count < 12; count += 1) analyser.take(megabyte, true);
    expect(skipped).toBe(4);
    const later = performance.now() + 31_000;
    using _clock = vi.spyOn(performance, 'now').mockReturnValue(later);
    expect(() => analyser.take(megabyte, true)).toThrow('takes nothing');
    await analyser.close();
  });

  it('says why it ended', async () => {
    const analyser = new Analyser({ ffmpegPath: '/no/such/ffmpeg', onFact: () => {}, onSkipped: () => {} });
    await until('it is noticed', () => {
      try {
        analyser.take(new Uint8Array(188), true);
        return false;
      } catch (error) {
        return String(error).includes('ffmpeg ended');
      }
    });
    await analyser.close();
  });
});
