import { LogError } from '../../chunk-log.js';
import type { Node } from '../brokers/cluster.js';
import { LATE_AFTER_MS, type Place, type Routes } from '../brokers/routes.js';
import { Transient, verdictOf } from '../errors.js';
import { listOffsetsRequest, NEXT } from '../wire/requests.js';

/** By topic: the next offset of each partition, or undefined if no broker can tell at the moment. */
type Ends = Map<string, (number | undefined)[]>;

/**
 * The ends of many topics, with one request to each broker, and a second one for partitions that have moved. Missing
 * topics are left out. @throws {Transient} if no broker answers
 */
export async function endsOf(routes: Routes, topics: readonly string[]): Promise<Ends> {
  const ends = await ask(routes, topics);
  const moved = [...ends].filter(([, offsets]) => offsets.includes(undefined)).map(([topic]) => topic);
  if (moved.length === 0) return ends;
  for (const topic of moved) {
    routes.forget(topic);
    ends.delete(topic);
  }
  return new Map([...ends, ...(await ask(routes, moved))]);
}

async function ask(routes: Routes, topics: readonly string[]): Promise<Ends> {
  const ends: Ends = new Map();
  const leaders = new Map<Node, Place[]>();
  const locate = async (topic: string): Promise<void> => {
    const count = await countOf(routes, topic);
    if (count === undefined) return;
    ends.set(topic, Array.from({ length: count }));
    for (let partition = 0; partition < count; partition += 1) {
      const leader = await leaderOf(routes, { topic, partition });
      if (!leader) continue;
      const places = leaders.get(leader) ?? [];
      leaders.set(leader, places);
      places.push({ topic, partition });
    }
  };
  await Promise.all(topics.map(locate));
  await Promise.all([...leaders].map(([node, places]) => list(routes, node, places, ends)));
  return ends;
}

/** Undefined if there is no such topic. */
async function countOf(routes: Routes, topic: string): Promise<number | undefined> {
  try {
    return await routes.partitionCount(topic);
  } catch (error) {
    if (error instanceof LogError && error.code === 'unknown-topic') return undefined;
    throw error;
  }
}

/** Undefined if there is no leader at the moment. */
async function leaderOf(routes: Routes, place: Place): Promise<Node | undefined> {
  try {
    return (await routes.locate(place)).node;
  } catch (error) {
    if (error instanceof Transient) return undefined;
    throw error;
  }
}

/** Ask one broker. If it does not answer, its partitions stay undefined. */
async function list(routes: Routes, node: Node, places: readonly Place[], ends: Ends): Promise<void> {
  const topics = new Map<string, { partition: number; timestamp: number }[]>();
  for (const { topic, partition } of places) {
    const asked = topics.get(topic) ?? [];
    topics.set(topic, asked);
    asked.push({ partition, timestamp: NEXT });
  }
  const request = listOffsetsRequest([...topics].map(([topic, partitions]) => ({ topic, partitions })));
  try {
    const answer = await routes.watch(node.request('ask', request), {
      node,
      lateAfterMs: LATE_AFTER_MS,
      places: () => places,
      moved: (gone) => gone.length === places.length && node.abandon('ask'),
    });
    for (const { topic, partitions } of answer.responses) {
      for (const { partition, errorCode, offset } of partitions) {
        if (verdictOf(errorCode) === 'fine') ends.get(topic)![partition] = Number(offset);
      }
    }
  } catch (error) {
    if (!(error instanceof Transient)) throw error;
  }
}
