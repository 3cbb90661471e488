import { expect, it } from 'vitest';
import { expectCode } from '../../testing/support.js';
import { Transient } from '../errors.js';
import type { Metadata, TopicMetadata } from '../wire/metadata-api.js';
import type { Node } from './cluster.js';
import { firstAnswer, watchful } from './late-answers.js';
import { Routes } from './routes.js';

const [ONE, TWO] = [{} as Node, {} as Node];

const topic = (
  name: string,
  { id = 'id', leader = 1, epoch = 1, topicErrorCode = 0 } = {},
): TopicMetadata => ({
  topic: name,
  topicId: id,
  topicErrorCode,
  partitionMetadata:
    topicErrorCode === 0 ? [{ partitionErrorCode: 0, partitionId: 0, leader, leaderEpoch: epoch }] : [],
});

/** Two brokers; `says` is what the first one says about a topic, `alsoSays` what the other one says. */
function brokers(says: (name: string) => TopicMetadata, alsoSays = says) {
  const asked: (readonly string[])[] = [];
  const answer = (names: readonly string[], say: typeof says): Metadata => ({
    brokers: [],
    controllerId: 1,
    topicMetadata: names.map(say),
  });
  return {
    asked,
    size: 2,
    node: (id: number) => [undefined, ONE, TWO][id],
    metadata: async (names: readonly string[]) => {
      asked.push(names);
      return answer(names, says);
    },
    metadataOfEach: async (names: readonly string[]) => [answer(names, says), answer(names, alsoSays)],
  };
}

it('a thousand questions at once are two to the brokers, and none are asked again', async () => {
  const cluster = brokers((name) => topic(name));
  const routes = new Routes(cluster);
  const places = Array.from({ length: 1000 }, (_, n) => ({ topic: `t${n}`, partition: 0 }));
  for (const { node } of await Promise.all(places.map((place) => routes.locate(place))))
    expect(node).toBe(ONE);
  await routes.locate(places[5]!);
  expect(cluster.asked.map(({ length }) => length)).toEqual([1, 999]);
  routes.forget('t5');
  await routes.locate(places[5]!);
  expect(cluster.asked.slice(2)).toEqual([['t5']]);
});

it('a broker that lags behind does not bring an old leader back', async () => {
  let now = topic('t', { leader: 2, epoch: 7 });
  const routes = new Routes(brokers(() => now));
  const place = { topic: 't', partition: 0 };
  expect((await routes.locate(place)).node).toBe(TWO);
  now = topic('t', { leader: 1, epoch: 6 });
  routes.forget('t');
  expect((await routes.locate(place)).node).toBe(TWO);
  now = topic('t', { leader: 1, epoch: 8 });
  routes.forget('t');
  expect((await routes.locate(place)).node).toBe(ONE);
  // Another topic of that name starts its epochs over.
  now = topic('t', { id: 'another', leader: 2, epoch: 0 });
  routes.forget('t');
  expect(await routes.locate(place)).toEqual({ node: TWO, topicId: 'another' });
});

it('a topic is gone when no broker knows it, and not while one of them does', async () => {
  const place = { topic: 't', topicId: 'id', partition: 0 };
  const unknown = topic('t', { id: '0', topicErrorCode: 3 });
  const located = (says: TopicMetadata, alsoSays: TopicMetadata) =>
    new Routes(
      brokers(
        () => says,
        () => alsoSays,
      ),
    ).locate(place);
  await expectCode('unknown-topic', located(unknown, unknown));
  expect((await located(unknown, topic('t'))).node).toBe(ONE);
  const another = topic('t', { id: 'another' });
  await expectCode('unknown-topic', located(another, another));
  await expect(located(another, topic('t'))).rejects.toBeInstanceOf(Transient);
});

it('a broker that is late is asked about at the others, and left when another leads', async () => {
  let leader = 1;
  let epoch = 1;
  const routes = new Routes(brokers(() => topic('t', { leader, epoch: epoch++ })));
  let giveUp: (reason: Error) => void = () => undefined;
  const answer = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const place = { topic: 't', partition: 0 };
  const given = routes.watch(answer, {
    node: ONE,
    lateAfterMs: 5,
    places: () => [place],
    moved: (places) => giveUp(new Error(`moved ${places.length}`)),
  });
  setTimeout(() => {
    leader = 2;
  }, 50);
  await expect(given).rejects.toThrow('moved 1');
  expect(ONE.suspect).toBe(true);
});

it('an answer that comes in time is not looked after', async () => {
  let looks = 0;
  const look = async (): Promise<void> => {
    looks += 1;
  };
  expect(await watchful(Promise.resolve(1), 5, look)).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(looks).toBe(0);
});

it('a search for brokers that ends after the answer has no effect', async () => {
  let endLook = (): void => undefined;
  let isOver: () => boolean = () => false;
  const look = (over: () => boolean): Promise<void> => {
    isOver = over;
    answer(1);
    return new Promise((resolve) => {
      endLook = resolve;
    });
  };
  let answer: (value: number) => void = () => undefined;
  const answering = new Promise<number>((resolve) => {
    answer = resolve;
  });
  expect(await watchful(answering, 1, look)).toBe(1);
  expect(isOver()).toBe(true);
  endLook();
});

it('asks no other broker once there is an answer', async () => {
  const asked: string[] = [];
  let fail = (_error: Error): void => undefined;
  const ask = async (name: string): Promise<string> => {
    asked.push(name);
    if (name === 'slow') await new Promise((_, reject) => (fail = reject));
    if (name === 'quick') setTimeout(() => fail(new Error('late')), 5);
    return name;
  };
  expect(await firstAnswer(['slow', 'quick', 'spare'], 5, ask)).toBe('quick');
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(asked).toEqual(['slow', 'quick']);
});

it('skips a broker that hangs or fails, and reports every failure', async () => {
  const asked: string[] = [];
  const ask = (name: string): Promise<string> => {
    asked.push(name);
    if (name === 'hangs') return new Promise(() => undefined);
    return name === 'fails' ? Promise.reject(new Error(name)) : Promise.resolve(name);
  };
  expect(await firstAnswer(['hangs', 'fails', 'answers', 'spare'], 5, ask)).toBe('answers');
  expect(asked).toEqual(['hangs', 'fails', 'answers']);
  await expect(firstAnswer(['fails', 'fails'], 5, ask)).rejects.toMatchObject({ errors: { length: 2 } });
});
