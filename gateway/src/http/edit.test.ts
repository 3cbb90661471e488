import { STREAMS_TABLE, type StreamRow } from '@topicast/contracts/tables';
import { milliseconds } from '@topicast/contracts/units';
import { describe, expect, it } from 'vitest';
import { type Answer, ask, create, json, operator } from '../testing/api.js';
import { DEMO, GatewayUnderTest } from '../testing/gateway-under-test.js';

const edit = (gateway: GatewayUnderTest, body: unknown, headers = json): Promise<Answer> =>
  ask(gateway, 'PATCH', '/api/streams/demo', { headers, body: JSON.stringify(body) });

async function rowOf(gateway: GatewayUnderTest): Promise<StreamRow> {
  return JSON.parse((await gateway.log.table(STREAMS_TABLE)).get(DEMO)!);
}

const ladder = [{ height: 720 }, { height: 360 }];
const url = { kind: 'url', url: 'https://cam.example/live.ts' } as const;

describe('editing a stream', () => {
  it('changes what is named and nothing else, once for each version', async () => {
    await using gateway = await GatewayUnderTest.start();
    await create(gateway, { id: 'demo', source: { kind: 'test' }, ladder });
    const before = await rowOf(gateway);
    const renamed = await edit(gateway, { version: 0, title: ' New\nname ' });
    expect(renamed).toMatchObject({ status: 200, body: { title: 'New name', version: 1, ladder } });
    expect(await rowOf(gateway)).toEqual({ ...before, title: 'New name', version: 1 });

    const late = await edit(gateway, { version: 0, source: url });
    expect([late.status, late.body.detail]).toEqual([409, expect.stringMatching(/^somebody has changed/)]);
    expect((await edit(gateway, { version: 1, source: url, ladder: null })).body).not.toHaveProperty(
      'ladder',
    );
    expect(await rowOf(gateway)).toMatchObject({ title: 'New name', source: url, version: 2 });
    // What changes nothing is no change.
    expect((await edit(gateway, { version: 2, source: url })).body.version).toBe(2);
    expect((await edit(gateway, { version: 2 })).body.version).toBe(2);
  });

  it('judges the stream as it will be, and the source as for a new one', async () => {
    await using gateway = await GatewayUnderTest.start();
    await create(gateway, { id: 'demo', source: { kind: 'test' }, ladder });
    const objections = async (body: object) => {
      const { status, body: problem } = await edit(gateway, { version: 0, ...body });
      return [status, problem.errors?.map(({ path }) => path)];
    };
    expect(await objections({ source: { ...url, copy: true } })).toEqual([422, ['ladder']]);
    expect(await objections({ ladder: [{ height: 360 }, { height: 720 }] })).toEqual([422, ['ladder']]);
    expect(await objections({ source: { kind: 'topic' } })).toEqual([422, ['source']]);
    expect(await objections({ source: { kind: 'url', url: 'file:///etc/passwd' } })).toEqual([
      422,
      ['source.url'],
    ]);
    expect(await objections({ source: { kind: 'file', path: '/etc/hostname' } })).toEqual([403, undefined]);
    expect(await objections({ title: ' ' })).toEqual([422, ['title']]);
    expect(await objections({ id: 'other' })).toEqual([422, ['']]);
    expect((await edit(gateway, { title: 'No version' })).status).toBe(422);
    expect((await rowOf(gateway)).version).toBe(0);
    expect((await edit(gateway, { version: 0, source: { ...url, copy: true }, ladder: null })).status).toBe(
      200,
    );
  });

  it('leaves what a command line names to the command line, but not its title', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream(DEMO, { boundTo: 'studio-1' });
    for (const wish of [{ source: url }, { ladder }]) {
      const refused = await edit(gateway, { version: 0, ...wish });
      expect([refused.status, refused.body.detail]).toEqual([
        422,
        expect.stringMatching(/command line.*"studio-1"/),
      ]);
    }
    const renamed = await edit(gateway, { version: 0, title: 'Renamed', source: { kind: 'test' } });
    expect(renamed).toMatchObject({
      status: 200,
      body: { title: 'Renamed', version: 1, boundTo: 'studio-1' },
    });
    expect(await rowOf(gateway)).toMatchObject({ boundTo: 'studio-1' });
  });

  it('renames a stream of another program, if it was created here', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.log.createTopic(DEMO, { partitions: 1, retentionMs: milliseconds(600_000) });
    await gateway.restartGateway();
    expect((await ask(gateway, 'GET', '/api/streams/demo', { headers: operator })).body).not.toHaveProperty(
      'version',
    );
    expect((await edit(gateway, { version: 0, title: 'Theirs' })).status).toBe(409);
    await create(gateway, { id: 'demo', source: { kind: 'topic' } });
    expect((await edit(gateway, { version: 0, title: 'Theirs' })).body).toMatchObject({
      title: 'Theirs',
      version: 1,
    });
    expect((await edit(gateway, { version: 1, source: { kind: 'test' } })).status).toBe(422);
  });

  it('needs the operator, and a stream', async () => {
    await using gateway = await GatewayUnderTest.start();
    const anybody = { 'content-type': 'application/json' } as unknown as typeof json;
    expect((await edit(gateway, { version: 0, title: 'x' }, anybody)).status).toBe(401);
    expect((await edit(gateway, { version: 0, title: 'x' })).status).toBe(404);
    await gateway.addStream();
    expect((await ask(gateway, 'GET', '/api/streams/demo')).body).not.toHaveProperty('version');
    const preflight = await fetch(gateway.url('/api/streams/demo'), {
      method: 'OPTIONS',
      headers: { origin: gateway.url(''), 'access-control-request-method': 'PATCH' },
    });
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
  });

  it('at the same time through two gateways loses no change silently, whoever starts and stops meanwhile', async () => {
    await using gateway = await GatewayUnderTest.start();
    await using other = await GatewayUnderTest.start({}, gateway);
    await create(gateway, { id: 'demo', source: { kind: 'test' } });
    let version = 0;
    for (let n = 0; n < 20; n += 1) {
      const both = await Promise.all(
        [gateway, other].map((each, index) => edit(each, { version, title: `${n} ${index}` })),
      );
      expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
      const made = both.find(({ status }) => status === 200)!.body.title;
      const action = n % 2 === 0 ? 'stop' : 'start';
      const row = async () => {
        const shown = await Promise.all(
          [gateway, other].map((each) => ask(each, 'GET', '/api/streams/demo', { headers: operator })),
        );
        expect(shown[0]!.body).toEqual(shown[1]!.body);
        return shown[0]!.body;
      };
      expect((await row()).title).toBe(made);
      version = (await row()).version!;
      const [acted, edited] = await Promise.all([
        ask(gateway, 'POST', `/api/streams/demo/${action}`, { headers: operator }),
        edit(other, { version, title: `${n} more` }),
      ]);
      expect(acted.status).toBe(202);
      const after = await row();
      expect(after.enabled).toBe(action === 'start');
      expect(after.title).toBe(edited.status === 200 ? `${n} more` : made);
      version = after.version!;
    }
  });
});
