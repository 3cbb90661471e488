import { SYNC_FORGET_AFTER, type SyncNews } from '@topicast/contracts/sync';
import { milliseconds } from '@topicast/contracts/units';
import { until } from '@topicast/test/poll';
import { describe, expect, it } from 'vitest';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';
import { TestViewer } from '../testing/test-viewer.js';
import { type GroupRow, SyncGroups, type SyncMember } from './groups.js';

class Member implements SyncMember {
  news: SyncNews | undefined;

  setSync(news: SyncNews): void {
    this.news = news;
  }
}

const at = milliseconds;
const alone = () => new SyncGroups(() => undefined);

describe('groups of one process', () => {
  it('show pictures with the delay that the neediest member needs', () => {
    const groups = alone();
    const [a, b, c] = [new Member(), new Member(), new Member()];
    groups.tell(a, 'lobby', 180, at(0));
    groups.tell(b, 'lobby', 310, at(0));
    groups.tell(c, 'elsewhere', 900, at(0));
    expect(a.news).toEqual({ delay: 325, members: 2, member: true });
    expect(b.news).toEqual(a.news);
    expect(c.news).toEqual({ delay: 900, members: 1, member: true });
  });

  it('tell a member that does not know yet what it needs', () => {
    const groups = alone();
    const [a, b] = [new Member(), new Member()];
    groups.tell(a, 'lobby', 310, at(0));
    groups.tell(b, 'lobby', undefined, at(0));
    expect(b.news).toEqual({ delay: 325, members: 2, member: true });
  });

  it('leave out a member that needs too much, and take it in again', () => {
    const groups = alone();
    const [a, slow] = [new Member(), new Member()];
    groups.tell(a, 'lobby', 180, at(0));
    groups.tell(slow, 'lobby', 2_100, at(0));
    expect(slow.news).toEqual({ delay: 200, members: 1, member: false });
    groups.tell(slow, 'lobby', 1_990, at(1_000));
    expect(slow.news).toEqual({ delay: 2_000, members: 2, member: true });
    expect(a.news?.delay).toBe(2_000);
  });

  it('forget a member that has left, or says nothing any more', () => {
    const groups = alone();
    const [a, b, dead] = [new Member(), new Member(), new Member()];
    for (const each of [a, b]) groups.tell(each, 'lobby', 180, at(0));
    groups.tell(dead, 'lobby', 500, at(0));
    groups.leave(b);
    groups.tick(at(1_000));
    expect(a.news?.members).toBe(2);
    for (let now = 2_000; now <= SYNC_FORGET_AFTER + 40_000; now += 1_000) {
      if (now % 5_000 === 0) groups.tell(a, 'lobby', 180, at(now));
      groups.tick(at(now));
    }
    expect(a.news).toEqual({ delay: 200, members: 1, member: true });
  });

  it('are one with the same group of another process, until that falls silent', () => {
    const rows: GroupRow[] = [];
    const groups = new SyncGroups((published) => rows.push(...published));
    const a = new Member();
    groups.tell(a, 'lobby', 180, at(0));
    expect(rows).toEqual([{ group: 'lobby', needs: 200, members: 1 }]);
    groups.hear('other', { group: 'lobby', needs: milliseconds(450), members: 3 }, at(100));
    expect(a.news).toEqual({ delay: 450, members: 4, member: true });
    for (let now = 1_000; now < SYNC_FORGET_AFTER; now += 1_000) groups.tick(at(now));
    expect(rows).toHaveLength(3);
    groups.tell(a, 'lobby', 180, at(15_000));
    groups.tick(at(SYNC_FORGET_AFTER + 200));
    expect(a.news).toEqual({ delay: 200, members: 1, member: true });
  });

  it('are closed without a word to a viewer that has gone', () => {
    const rows: GroupRow[] = [];
    const groups = new SyncGroups((published) => rows.push(...published));
    const a = new Member();
    groups.tell(a, 'lobby', 180, at(0));
    groups.leave(a);
    groups.tick(at(1_000));
    expect(rows.at(-1)).toMatchObject({ group: 'lobby', members: 0 });
  });
});

describe('viewers in a group', () => {
  const newsOf = ({ messages }: TestViewer) =>
    messages.filter((message) => message.type === 'sync').at(-1) as SyncNews | undefined;

  it('ask whether the gateway knows groups, and share one delay over two gateways of one log', async () => {
    await using first = await GatewayUnderTest.start();
    await first.addStream();
    await using second = await GatewayUnderTest.start({}, first);
    using near = new TestViewer(first.live('demo?offers=1'));
    using far = new TestViewer(second.live('demo?offers=1'));
    for (const viewer of [near, far]) {
      await until(() => viewer.messages.some(({ type }) => type === 'offers'));
      expect(viewer.messages).toContainEqual({ type: 'offers', messages: expect.arrayContaining(['sync']) });
    }
    near.send({ type: 'sync', group: 'lobby', needs: 130 });
    far.send({ type: 'sync', group: 'lobby', needs: 620 });
    for (const viewer of [near, far]) {
      await until(() => newsOf(viewer)?.delay === 625 && newsOf(viewer)?.members === 2);
    }
    await far.close();
    await until(() => newsOf(near)?.members === 1);
  });

  it('are told at once when a gateway goes, with whatever its members needed', async () => {
    await using first = await GatewayUnderTest.start();
    await first.addStream();
    using near = new TestViewer(first.live('demo?offers=1'));
    {
      await using second = await GatewayUnderTest.start({}, first);
      using far = new TestViewer(second.live('demo?offers=1'));
      for (const viewer of [near, far])
        await until(() => viewer.messages.some(({ type }) => type === 'offers'));
      near.send({ type: 'sync', group: 'lobby', needs: 130 });
      far.send({ type: 'sync', group: 'lobby', needs: 620 });
      await until(() => newsOf(near)?.members === 2);
    }
    // It is forgotten after 15 s otherwise.
    await until(() => newsOf(near)?.members === 1 && newsOf(near)?.delay === 150, { limitMs: 5_000 });
  });

  it('that hang are forgotten', { timeout: 40_000 }, async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    using viewer = new TestViewer(gateway.live('demo'));
    using hung = new TestViewer(gateway.live('demo'));
    await Promise.all([viewer.opened(), hung.opened()]);
    hung.send({ type: 'sync', group: 'lobby', needs: 300 });
    viewer.send({ type: 'sync', group: 'lobby', needs: 100 });
    await until(() => newsOf(viewer)?.members === 2);
    hung.pause();
    const repeating = setInterval(() => viewer.send({ type: 'sync', group: 'lobby', needs: 100 }), 3_000);
    try {
      await until(() => newsOf(viewer)?.members === 1, { limitMs: 30_000 });
    } finally {
      clearInterval(repeating);
    }
  });

  it('say nothing about it unless they are asked', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    using viewer = new TestViewer(gateway.live('demo'));
    await until(() => viewer.messages.length === 1);
    viewer.send({ type: 'clock', client: 1 });
    await until(() => viewer.messages.length === 2);
    expect(viewer.messages.map(({ type }) => type)).toEqual(['state', 'clock']);
  });
});
