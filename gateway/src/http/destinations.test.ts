import {
  DESTINATION_SILENCE_MS,
  DESTINATIONS_TABLE,
  type DestinationInfo,
} from '@topicast/contracts/destination';
import { STATUS_TABLE } from '@topicast/contracts/tables';
import { expect, it } from 'vitest';
import { ask, create, json, operator } from '../testing/api.js';
import { GatewayUnderTest } from '../testing/gateway-under-test.js';

const PATH = '/api/streams/cam/destinations';
const SECRET = 'live_1234-secret';

async function gatewayWithStream(environment = {}) {
  const gateway = await GatewayUnderTest.start(environment);
  await create(gateway, { id: 'cam', source: { kind: 'test' } });
  const add = async (body: unknown) => {
    const answer = await ask(gateway, 'POST', PATH, { headers: json, body: JSON.stringify(body) });
    return { ...answer, body: answer.body as unknown as DestinationInfo & { detail: string } };
  };
  const list = async () => {
    const { body } = await ask(gateway, 'GET', PATH, { headers: operator });
    return (body as unknown as { destinations: DestinationInfo[] }).destinations;
  };
  return { gateway, add, list, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
}

it('adds, shows and removes destinations of a stream, and never shows a key', async () => {
  await using world = await gatewayWithStream();
  const { gateway, add, list } = world;
  const youtube = await add({ url: 'rtmps://a.rtmp.youtube.example/live2', key: SECRET, title: 'YouTube' });
  expect(youtube).toMatchObject({
    status: 201,
    body: { title: 'YouTube', url: 'rtmps://a.rtmp.youtube.example/live2' },
  });
  const twitch = await add({ url: `rtmp://live.twitch.example/app/${SECRET}?bandwidthtest=true` });
  expect(twitch.body).toMatchObject({ title: 'live.twitch.example', url: 'rtmp://live.twitch.example/app' });
  const srt = await add({ url: `srt://srt.example:9000?streamid=${SECRET}&passphrase=${SECRET}` });
  expect(srt.body).toMatchObject({ url: 'srt://srt.example:9000' });
  const shown = await list();
  expect(shown.map(({ id }) => id)).toEqual([youtube, twitch, srt].map(({ body }) => body.id));
  expect(JSON.stringify([youtube.body, twitch.body, srt.body, shown])).not.toContain(SECRET);
  expect((await add({ url: 'rtmps://a.rtmp.youtube.example/live2/', key: SECRET })).status).toBe(409);
  const one = `${PATH}/${youtube.body.id}`;
  expect((await ask(gateway, 'DELETE', one, { headers: operator })).status).toBe(204);
  expect((await ask(gateway, 'DELETE', one, { headers: operator })).status).toBe(404);
  expect((await list()).length).toBe(2);
  // With the stream, its destinations and their keys go.
  await ask(gateway, 'DELETE', '/api/streams/cam', { headers: operator });
  const table = await gateway.log.table(DESTINATIONS_TABLE);
  expect([...table.entries()]).toEqual([]);
});

it('shows how a destination is, as long as a process says so', async () => {
  await using world = await gatewayWithStream();
  const { gateway, add, list } = world;
  const { body } = await add({ url: 'rtmp://live.example/app', key: SECRET });
  // Nobody can have said anything yet.
  expect(body.health).toEqual({ state: 'off', attempts: 0, droppedPictures: 0 });
  const status = await gateway.log.table(STATUS_TABLE);
  const health = { state: 'off', attempts: 3, droppedPictures: 0 };
  const report = (age: number) =>
    status.put(
      `destination/cam/${body.id}`,
      JSON.stringify({ processor: 'p', turn: 1, at: new Date(Date.now() - age).toISOString(), health }),
    );
  await report(0);
  expect((await list())[0]?.health).toEqual(health);
  await report(DESTINATION_SILENCE_MS + 1_000);
  await gateway.restartGateway();
  await expect.poll(async () => (await list())?.[0]?.health.state).toBe('waiting');
  expect((await list())[0]?.health).toMatchObject({ problem: expect.stringContaining('npm run processors') });
});

it.each([
  ['http://live.example/app/key', 422],
  ['rtmp://live.example/', 422],
  ['rtmp://live.example/key-alone', 422],
  ['rtmp://user:password@live.example/app/key', 422],
  ['srt://live.example:9000?mode=listener', 403],
  ['srt://live.example', 422],
  ['rtmp://127.0.0.1/app/key', 403],
  ['rtmps://localhost./app/key', 403],
  ['rtmp://[::ffff:10.0.0.1]/app/key', 403],
])('refuses %s', async (url, status) => {
  await using world = await gatewayWithStream();
  expect((await world.add({ url })).status).toBe(status);
});

it('is for the operator alone, and for streams whose chunks we write', async () => {
  await using world = await gatewayWithStream();
  expect((await ask(world.gateway, 'GET', PATH)).status).toBe(401);
  expect((await ask(world.gateway, 'POST', PATH, { body: '{}' })).status).toBe(401);
  expect(
    (await ask(world.gateway, 'GET', '/api/streams/nobody/destinations', { headers: operator })).status,
  ).toBe(404);
  await create(world.gateway, { id: 'theirs', source: { kind: 'topic' } });
  expect(
    (await ask(world.gateway, 'GET', '/api/streams/theirs/destinations', { headers: operator })).status,
  ).toBe(409);
});
