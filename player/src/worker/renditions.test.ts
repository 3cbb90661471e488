import type { Catalog } from '@topicast/contracts/catalog';
import { expect, it } from 'vitest';
import type { WantedRendition } from '../core/types.js';
import { Renditions } from './renditions.js';

const catalog = (session: number, ...numbers: number[]): Catalog => ({
  session,
  renditions: numbers.map((rendition) => ({ rendition, tracks: [] })),
});

/** What happens, in order. */
function watched(wanted: WantedRendition) {
  const events: string[] = [];
  const renditions = new Renditions(wanted, {
    onCatalog: ({ session }) => events.push(`catalog ${session}`),
    onUse: (rendition) => events.push(`use ${rendition}`),
    onChoice: (rendition, how) => events.push(`${how} ${rendition}`),
    onUnplayable: (problem) => events.push(problem),
  });
  const judge = (unplayable: readonly number[], current: number) =>
    renditions.judge({ unplayable, problem: 'It cannot be.' }, current);
  return { renditions, judge, events };
}

it('leaves what plays alone, and tells of a catalog once', () => {
  const { renditions, judge, events } = watched('auto');
  for (let connection = 0; connection < 2; connection++) renditions.offer(catalog(1, 0, 1));
  judge([], 1);
  for (let chunk = 0; chunk < 3; chunk++) renditions.use(1);
  expect(events).toEqual(['catalog 1', 'use 1']);
});

it('begins anew with what can be played, and gives up where nothing can', () => {
  const { renditions, judge, events } = watched('auto');
  renditions.offer(catalog(1, 0, 1));
  judge([0], 0);
  expect(renditions.canPlay(0)).toBe(false);
  judge([0], 1);
  judge([0, 1], 1);
  expect(events).toEqual(['catalog 1', 'afresh 1', 'It cannot be.']);
});

it('goes to what is wanted as soon as it is offered, and from there to the best', () => {
  const { renditions, judge, events } = watched(2);
  renditions.offer(catalog(1, 0, 1));
  judge([], 0);
  renditions.offer(catalog(2, 0, 1, 2));
  judge([], 0);
  renditions.use(2);
  renditions.want(7);
  renditions.want('auto');
  expect(events).toEqual(['catalog 1', 'catalog 2', 'switch 2', 'use 2', 'switch 2', 'switch 0']);
});

it('follows advice while nobody wants a certain rendition', () => {
  const { renditions, judge, events } = watched('auto');
  renditions.offer(catalog(1, 0, 1, 2));
  judge([], 0);
  renditions.advise(2, 'rejoin');
  renditions.want(1);
  renditions.advise(0, 'switch');
  renditions.want('auto');
  expect(events).toEqual(['catalog 1', 'rejoin 2', 'switch 1', 'switch 0']);
});

it('needs no catalog for a choice by hand', () => {
  const { renditions, events } = watched('auto');
  renditions.want(3);
  renditions.want('auto');
  expect(events).toEqual(['switch 3', 'switch 0']);
});
