import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SessionFields, Wanted } from '../wire/fetch-api.js';
import { FetchSession } from './fetch-session.js';
import { type Follower, Followers, keyOf } from './followers.js';

/** What a broker keeps of a session: KIP-227, and `FetchSession.scala`. */
class Broker {
  #sessions = new Map<number, { epoch: number; partitions: Map<string, Wanted> }>();
  #lastId = 0;

  constructor(public hasRoom = true) {}

  forget(): void {
    this.#sessions.clear();
  }

  /** The partitions that a fetch reads, or an error code. */
  fetch({ sessionId, sessionEpoch, wanted, forgotten }: SessionFields): {
    errorCode: number;
    sessionId: number;
    read: readonly Wanted[];
  } {
    if (sessionEpoch === 0) {
      this.#sessions.delete(sessionId);
      if (!this.hasRoom) return { errorCode: 0, sessionId: 0, read: wanted };
      this.#sessions.set(++this.#lastId, {
        epoch: 1,
        partitions: new Map(wanted.map((each) => [keyOf(each), each])),
      });
      return { errorCode: 0, sessionId: this.#lastId, read: wanted };
    }
    const session = this.#sessions.get(sessionId);
    if (!session) return { errorCode: 70, sessionId: 0, read: [] };
    if (session.epoch !== sessionEpoch) return { errorCode: 71, sessionId: 0, read: [] };
    session.epoch += 1;
    for (const each of forgotten) session.partitions.delete(keyOf(each));
    for (const each of wanted) session.partitions.set(keyOf(each), each);
    return { errorCode: 0, sessionId, read: [...session.partitions.values()] };
  }
}

const follower = (topic: string, partition: number, next: number): Follower & { next: number } => ({
  topic,
  partition,
  next,
  take: () => undefined,
  fail: () => undefined,
});

it('the broker reads exactly what we follow, whatever is added, removed, moved or lost', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), topic: fc.nat(2), partition: fc.nat(2), next: fc.nat(9) }),
    fc.record({ do: fc.constant('remove' as const), which: fc.nat() }),
    fc.record({ do: fc.constant('deliver' as const), which: fc.nat(), by: fc.integer({ min: 1, max: 5 }) }),
    fc.constantFrom(
      { do: 'fetch' as const },
      { do: 'lose request' as const },
      { do: 'lose answer' as const },
      { do: 'broker forgets' as const },
      { do: 'broker has (no) room' as const },
    ),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const broker = new Broker();
      const session = new FetchSession();
      const followers = new Followers(1);
      const next = (): SessionFields => session.next(followers.takeChanges(), () => followers.wanted());
      const fetch = (): void => {
        const answer = broker.fetch(next());
        if (answer.errorCode !== 0) {
          session.lost();
          fetch();
          return;
        }
        session.answered(answer.sessionId);
        const sorted = (wanted: readonly Wanted[]) =>
          [...wanted].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
        expect(sorted(answer.read)).toEqual(sorted(followers.wanted()));
        for (const each of answer.read) expect(session.askedFrom(each)).toBe(each.offset);
      };
      for (const each of steps) {
        const all = followers.all() as (Follower & { next: number })[];
        switch (each.do) {
          case 'add':
            followers.add(follower('t', each.partition, each.next), `id ${each.topic}`);
            break;
          case 'remove':
            if (all.length > 0) followers.remove(all[each.which % all.length]!);
            break;
          case 'deliver': {
            const found = followers.wanted()[each.which % Math.max(1, followers.wanted().length)];
            if (found) for (const one of followers.of(found) as typeof all) one.next += each.by;
            break;
          }
          case 'fetch':
            fetch();
            break;
          case 'lose request':
            next();
            session.lost();
            break;
          case 'lose answer':
            broker.fetch(next());
            session.lost();
            break;
          case 'broker forgets':
            broker.forget();
            break;
          case 'broker has (no) room':
            broker.hasRoom = !broker.hasRoom;
        }
      }
      fetch();
    }),
    { numRuns: 500 },
  );
});

it('a thousand quiet topics take part in a fetch once, and then those that change', () => {
  const followers = new Followers(1);
  const session = new FetchSession();
  const all = Array.from({ length: 1000 }, (_, n) => follower(`t${n}`, 0, 0));
  for (const [n, each] of all.entries()) followers.add(each, `id ${n}`);
  const next = (): SessionFields => session.next(followers.takeChanges(), () => followers.wanted());
  expect(next()).toMatchObject({ sessionId: 0, sessionEpoch: 0, wanted: { length: 1000 } });
  session.answered(77);
  for (const one of followers.of({ topicId: 'id 5', partition: 0 })) (one as { next: number }).next = 3;
  followers.remove(all[6]!);
  expect(next()).toEqual({
    sessionId: 77,
    sessionEpoch: 1,
    wanted: [{ topicId: 'id 5', partition: 0, offset: 3, maxBytes: 1 }],
    forgotten: [expect.objectContaining({ topicId: 'id 6', partition: 0 })],
  });
  session.answered(77);
  expect(next()).toEqual({ sessionId: 77, sessionEpoch: 2, wanted: [], forgotten: [] });
});
