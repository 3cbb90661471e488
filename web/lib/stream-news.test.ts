import type { StreamInfo } from '@topicast/contracts/http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { streamNews, type ToldStreams } from './stream-news';

const stream = (id: string, state: StreamInfo['state'], part: Partial<StreamInfo> = {}): StreamInfo => ({
  ...{ id, title: id.toUpperCase(), state, viewers: 0 },
  ...part,
});

/** Somebody who looks every ten seconds unless told otherwise. */
function listener() {
  let told: ToldStreams | undefined;
  let now = 0;
  return (
    streams: readonly StreamInfo[],
    { awaited = [] as string[], afterMs = 10_000 } = {},
  ): readonly string[] => {
    now += afterMs;
    const news = streamNews({ told, streams, awaited: new Set(awaited), now });
    told = news.told;
    return news.sentences;
  };
}

describe('the news of the streams', () => {
  it('are what has changed since the first look', () => {
    const hear = listener();
    expect(hear([stream('a', 'live'), stream('b', 'offline')])).toEqual([]);
    expect(hear([stream('a', 'live'), stream('b', 'starting')])).toEqual([]);
    expect(hear([stream('a', 'offline'), stream('b', 'live')])).toEqual(['A is off air.', 'B is live.']);
    const problem = 'The source has ended.';
    expect(hear([stream('b', 'failed', { problem }), stream('c', 'starting')], { afterMs: 60_000 })).toEqual([
      `B failed: ${problem}`,
      'C was created.',
      'A was deleted.',
    ]);
    expect(hear([stream('b', 'failed', { problem }), stream('c', 'live')])).toEqual(['C is live.']);
  });

  it('say nothing of an encoder that is back in a moment, nor each time that one fails again', () => {
    const hear = listener();
    const said = (
      ['live', 'starting', 'live', 'starting', 'failed', 'starting', 'failed', 'starting'] as const
    ).map((state) => hear([stream('a', state)], { afterMs: 30_000 }));
    expect(said.flat()).toEqual(['A failed.']);
  });

  it('of a stream that comes and goes wait, unless somebody has acted on it', () => {
    const hear = listener();
    hear([stream('a', 'offline')]);
    const look = (state: StreamInfo['state'], awaited: string[] = []) =>
      hear([stream('a', state)], { awaited, afterMs: 2_000 });
    expect(look('live')).toEqual(['A is live.']);
    expect(look('failed')).toEqual([]);
    expect(look('live')).toEqual([]);
    expect(look('offline')).toEqual([]);
    expect(look('offline', ['a'])).toEqual(['A is off air.']);
    // A restart that ends as before.
    expect(look('starting', ['a'])).toEqual([]);
    expect(look('offline', ['a'])).toEqual(['A is off air.']);
  });

  it('of many streams are one sentence', () => {
    const hear = listener();
    const all = (state: StreamInfo['state']) => ['a', 'b', 'c', 'd'].map((id) => stream(id, state));
    hear(all('live'));
    expect(hear(all('offline'))).toEqual(['4 streams are off air.']);
  });

  it('end with what is true, and no state is told twice in a row', () => {
    const look = fc.record({
      states: fc.dictionary(
        fc.constantFrom('a', 'b', 'c'),
        fc.constantFrom('live', 'starting', 'failed', 'offline'),
      ),
      afterMs: fc.integer({ min: 1, max: 30_000 }),
    });
    fc.assert(
      fc.property(fc.array(look, { minLength: 1, maxLength: 20 }), (looks) => {
        const hear = listener();
        const heard = new Map<string, string>();
        const listen = (states: Record<string, StreamInfo['state']>, afterMs: number) => {
          for (const text of hear(
            Object.entries(states).map(([id, state]) => stream(id, state)),
            { afterMs },
          )) {
            const [name, ...words] = text.split(' ');
            expect(words.join(' ')).not.toBe(heard.get(name!));
            heard.set(name!, words.join(' '));
          }
        };
        for (const { states, afterMs } of looks) listen(states, afterMs);
        const last = looks.at(-1)!.states;
        listen(last, 60_000);
        expect(
          hear(
            Object.entries(last).map(([id, state]) => stream(id, state)),
            { afterMs: 60_000 },
          ),
        ).toEqual([]);
        const words = { live: 'is live.', failed: 'failed.', offline: 'is off air.', starting: undefined };
        for (const [id, state] of Object.entries(last)) {
          const said = heard.get(id.toUpperCase());
          if (words[state] && said && !said.startsWith('was')) expect(said).toBe(words[state]);
        }
      }),
    );
  });
});
