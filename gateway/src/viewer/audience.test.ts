import { streamId } from '@topicast/contracts/stream-id';
import { expect, it } from 'vitest';
import { packCounts, sumCounts, unpackCounts } from '../cluster/messages.js';
import { Audience } from './audience.js';
import type { ViewerConnection } from './connection.js';
import type { Counts, Peers } from './peers.js';

const viewerOf = (stream: string): ViewerConnection =>
  ({ stream: streamId(stream), protocol: 'v1' }) as unknown as ViewerConnection;

/** As it arrives at the other end of a JSON channel. */
const sent = (counts: Counts): Counts => unpackCounts(JSON.parse(JSON.stringify(packCounts(counts))));

it('counts and limits viewers over all processes of the gateway', () => {
  const limits = { viewers: 5, viewersPerAddress: 3 };
  const elsewhere = [new Audience(limits), new Audience(limits)];
  // A property name that every object has.
  elsewhere[0]!.add(viewerOf('constructor'), '10.0.0.1');
  elsewhere[1]!.add(viewerOf('constructor'), '10.0.0.1');
  elsewhere[1]!.add(viewerOf('demo'), '10.0.0.2');
  const counts = sumCounts(elsewhere.map((each) => sent(each.counts())));
  const peers: Peers = { counts, report: () => undefined, metrics: async () => '' };

  const audience = new Audience(limits, peers);
  expect(audience.countOf(streamId('constructor'))).toBe(2);
  expect(audience.hasRoomFor('10.0.0.1')).toBe(true);
  const leave = audience.add(viewerOf('constructor'), '10.0.0.1');
  expect(audience.countOf(streamId('constructor'))).toBe(3);
  expect(audience.hasRoomFor('10.0.0.1')).toBe(false);
  expect(audience.hasRoomFor('10.0.0.3')).toBe(true);
  audience.add(viewerOf('demo'), '10.0.0.3');
  expect(audience.hasRoomFor('10.0.0.4')).toBe(false);
  leave();
  expect(audience.hasRoomFor('10.0.0.1')).toBe(true);
  expect(audience.counts()).toEqual({
    viewers: 1,
    streams: new Map([['demo', 1]]),
    addresses: new Map([['10.0.0.3', 1]]),
  });
});
