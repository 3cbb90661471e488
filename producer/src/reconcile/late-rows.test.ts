import { streamId } from '@topicast/contracts/stream-id';
import { streamRow } from '@topicast/contracts/tables';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LateWorld } from '../testing/late-world.js';

const PRODUCERS = ['p', 'q', 'r'];
const STREAMS = ['a', 'b', 'c'].map(streamId);

const who = fc.nat(2);
const stream = fc.constantFrom(...STREAMS);
const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('step' as const), who }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('read' as const), who, most: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('flush' as const), who, most: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('hang' as const), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wake' as const), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('rebalance' as const), seed: fc.nat(26) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('learn' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('want' as const), stream, enabled: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), stream }) },
);

const rowOf = (id: string, enabled: boolean) =>
  streamRow.parse({ id, title: id, source: { kind: 'test' }, enabled, createdAt: '2026-01-01T00:00:00Z' });

it('whichever producers hang, and however late rows, chunks and claims come, each stream ends with its owner alone, and every reader sees that', () => {
  fc.assert(
    fc.property(
      fc.array(event, { minLength: 20, maxLength: 120 }),
      fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 3, maxLength: 3 }),
      (events, skews) => {
        const world = new LateWorld(PRODUCERS, skews);
        for (const id of STREAMS) world.rows.set(id, rowOf(id, true));
        world.rebalance((id) => STREAMS.indexOf(id));
        for (const happening of events) {
          const producer = world.producers['who' in happening ? happening.who : 0]!;
          switch (happening.do) {
            case 'step':
              producer.step();
              break;
            case 'read':
              producer.read(happening.most);
              break;
            case 'flush':
              producer.flush(happening.most);
              break;
            case 'hang':
              producer.hang();
              break;
            case 'wake':
              producer.wake();
              break;
            case 'rebalance':
              world.rebalance((id) => Math.floor(happening.seed / 3 ** STREAMS.indexOf(id)));
              break;
            case 'learn':
              if (!producer.isHung) producer.learnGroup();
              break;
            case 'want':
              world.rows.set(happening.stream, rowOf(happening.stream, happening.enabled));
              break;
            case 'delete':
              world.rows.delete(happening.stream);
              break;
          }
        }
        expect(world.settle()).toBe(true);
        for (const id of STREAMS) {
          const holders = world.producers.filter(({ encoders }) => encoders.has(id));
          const isWanted = world.rows.get(id)?.enabled === true;
          expect(holders.map(({ name }) => name)).toEqual(isWanted ? [world.ownerOf(id).name] : []);
          const views = [
            ...world.producers.map(({ tables }) => tables.statuses.rows),
            world.compactedStatuses(),
          ];
          for (const view of views) {
            if (!isWanted) {
              expect(view.get(id)?.state ?? 'offline').toBe('offline');
              continue;
            }
            // The row agrees with what a reader of the topic accepts.
            const session = Math.max(...world.topics.get(id)!);
            expect(view.get(id)).toMatchObject({ producer: holders[0]!.name, state: 'live', session });
            expect(holders[0]!.encoders.get(id)!.session).toBe(session);
          }
          if (!world.rows.has(id)) expect(world.compactedStatuses().has(id)).toBe(false);
        }
      },
    ),
    { numRuns: Number(process.env.TOPICAST_FUZZ_RUNS ?? 1_000) },
  );
});
