import { milliseconds } from '@topicast/contracts/units';
import { FFMPEG } from '@topicast/test/ffprobe';
import { until } from '@topicast/test/poll';
import { describe, expect, it } from 'vitest';
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

  it.each([
    ['black', { inputs: [...BLACK, ...TONE], seconds: 15 }],
    ['frozen', { inputs: [...STILL, ...TONE], seconds: 45 }],
    ['silent', { inputs: [...MOVING, ...SILENCE], seconds: 15 }],
    ['loud', { inputs: [...MOVING, ...NOISE], seconds: 38 }],
    ['quiet', { inputs: [...MOVING, ...WHISPER], seconds: 38 }],
  ] as const)('finds that it is %s', async (kind, film) => {
    expect((await findingsOf(film)).found).toEqual([kind]);
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
