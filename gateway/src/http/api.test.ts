import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import type { Problem, StreamInfo } from '@topicast/contracts/http';
import { STREAMS_TABLE } from '@topicast/contracts/tables';
import { milliseconds } from '@topicast/contracts/units';
import { LogError } from '@topicast/log';
import { until } from '@topicast/test/poll';
import { temporaryFolder } from '@topicast/test/temporary';
import { SignJWT } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import { DEMO, GatewayUnderTest, OPERATOR_TOKEN } from '../testing/gateway-under-test.js';

const operator = { authorization: `Bearer ${OPERATOR_TOKEN}` };
const json = { ...operator, 'content-type': 'application/json' };

interface Answer {
  status: number;
  body: StreamInfo & Problem & { streams: StreamInfo[] };
  headers: Headers;
}

async function ask(
  gateway: GatewayUnderTest,
  method: string,
  path: string,
  init: RequestInit = {},
): Promise<Answer> {
  const response = await fetch(gateway.url(path), { method, ...init });
  const text = await response.text();
  if (response.status >= 400) {
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(text)).toMatchObject({ status: response.status });
  }
  return { status: response.status, body: text ? JSON.parse(text) : undefined, headers: response.headers };
}

const create = (
  gateway: GatewayUnderTest,
  body: unknown,
  headers: Record<string, string> = json,
): Promise<Answer> => ask(gateway, 'POST', '/api/streams', { headers, body: JSON.stringify(body) });

describe('the streams API', () => {
  it('creates, shows, starts, stops and deletes', async () => {
    await using gateway = await GatewayUnderTest.start();
    const created = await create(gateway, { id: 'cam', title: 'Camera', source: { kind: 'test' } });
    expect(created.status).toBe(201);
    const shown = await ask(gateway, 'GET', '/api/streams/cam');
    expect(shown.body).toEqual({ id: 'cam', title: 'Camera', state: 'offline', viewers: 0 });
    expect((await ask(gateway, 'GET', '/api/streams')).body.streams).toEqual([shown.body]);

    const streams = await gateway.log.table(STREAMS_TABLE);
    const row = () => JSON.parse(streams.get('cam') ?? 'null');
    expect((await ask(gateway, 'POST', '/api/streams/cam/stop', { headers: operator })).status).toBe(202);
    expect(row()).toMatchObject({ enabled: false, startCount: 0, visibility: 'public' });
    expect((await ask(gateway, 'POST', '/api/streams/cam/start', { headers: operator })).status).toBe(202);
    expect(row()).toMatchObject({ enabled: true, startCount: 1 });

    expect((await create(gateway, { id: 'cam', source: { kind: 'test' } })).status).toBe(409);
    expect((await ask(gateway, 'DELETE', '/api/streams/cam', { headers: operator })).status).toBe(204);
    expect((await ask(gateway, 'GET', '/api/streams/cam')).status).toBe(404);
    expect((await ask(gateway, 'DELETE', '/api/streams/cam', { headers: operator })).status).toBe(404);
  });

  it('shows the state of a stream, and its cause only to the operator', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    await gateway.heartbeat();
    const video = { kind: 'video' as const, codec: 'avc1.64001f', width: 1280, height: 720, frameRate: 30 };
    const audio = { kind: 'audio' as const, codec: 'mp4a.40.2', sampleRate: 48_000, channels: 2 };
    const startedAt = new Date(1_700_000_000_000).toISOString();
    const running = {
      state: 'live' as const,
      session: 1_700_000_000_000,
      startedAt,
      catalog: {
        session: 1_700_000_000_000,
        renditions: [{ rendition: 0, bitrate: 3_000_000, tracks: [video, audio] }],
      },
    };
    await gateway.setStatus({ ...running, encoderLog: ['frame=1'], restarts: 2, problem: 'B-frames' });
    const seen = { id: 'demo', title: 'Demo', viewers: 0, ...running };
    expect((await ask(gateway, 'GET', '/api/streams/demo')).body).toEqual(seen);
    const own = {
      enabled: true,
      source: { kind: 'test' },
      encoderLog: ['frame=1'],
      restarts: 2,
      problem: 'B-frames',
    };
    expect((await ask(gateway, 'GET', '/api/streams/demo', { headers: operator })).body).toEqual({
      ...seen,
      ...own,
    });
    expect((await ask(gateway, 'GET', '/api/streams', { headers: operator })).body.streams).toEqual([
      { ...seen, ...own },
    ]);
  });

  it('creates one of two at the same time', async () => {
    await using gateway = await GatewayUnderTest.start();
    const answers = await Promise.all(
      [1, 2, 3].map(() => create(gateway, { id: 'cam', source: { kind: 'test' } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  it('creates one of two at the same time in two gateways, and it is the same for both', async () => {
    await using gateway = await GatewayUnderTest.start();
    await using other = await GatewayUnderTest.start({}, gateway);
    for (let n = 0; n < 20; n += 1) {
      const id = `cam-${n}`;
      const answers = await Promise.all(
        [gateway, other].map((each, index) =>
          create(each, { id, title: `${index}`, source: { kind: 'test' } }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
      const made = answers.find(({ status }) => status === 201)?.body.title;
      for (const each of [gateway, other]) {
        expect((await ask(each, 'GET', `/api/streams/${id}`)).body.title).toBe(made);
      }
    }
  });

  it('creates the topic of a stream for another producer', async () => {
    await using gateway = await GatewayUnderTest.start();
    expect((await create(gateway, { id: 'theirs', source: { kind: 'topic' } })).status).toBe(201);
    expect(await gateway.log.topics()).toEqual(['theirs']);
    expect((await ask(gateway, 'GET', '/api/streams/theirs')).body).toMatchObject({ state: 'offline' });
    expect((await ask(gateway, 'POST', '/api/streams/theirs/stop', { headers: operator })).status).toBe(409);
    expect((await ask(gateway, 'DELETE', '/api/streams/theirs', { headers: operator })).status).toBe(204);
    expect(await gateway.log.topics()).toEqual([]);
    expect((await ask(gateway, 'GET', '/api/streams')).body.streams).toEqual([]);
  });
});

it('starts no encoder on a topic that another producer writes', async () => {
  await using gateway = await GatewayUnderTest.start();
  await gateway.log.createTopic(DEMO, { partitions: 1, retentionMs: milliseconds(600_000) });
  // It knows the topic from its start.
  await gateway.restartGateway();
  const refused = await create(gateway, { id: 'demo', source: { kind: 'test' } });
  expect([refused.status, refused.body.detail]).toEqual([409, expect.stringMatching(/another program/)]);
  const titled = await create(gateway, { id: 'demo', title: 'Theirs', source: { kind: 'topic' } });
  expect([titled.status, titled.body.title]).toEqual([201, 'Theirs']);
});

describe('requests that cannot be followed', () => {
  it('get the status that says so, and a problem', async () => {
    await using gateway = await GatewayUnderTest.start();
    const post = (body: BodyInit, headers: Record<string, string> = json) =>
      ask(gateway, 'POST', '/api/streams', { headers, body });
    expect((await post('{"id":')).status).toBe(400);
    expect((await post(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]))).status).toBe(400);
    expect((await post(JSON.stringify({ id: 'x'.repeat(100_000) }))).status).toBe(413);
    expect(
      (await post('id=1', { ...operator, 'content-type': 'application/x-www-form-urlencoded' })).status,
    ).toBe(415);
    expect((await ask(gateway, 'GET', '/nowhere')).status).toBe(404);
    expect((await ask(gateway, 'GET', '/api/streams/%')).status).toBe(400);
    expect((await ask(gateway, 'GET', '/live/demo')).status).toBe(426);
    expect((await ask(gateway, 'POST', '/api/streams/nobody/start', { headers: operator })).status).toBe(404);
  });

  it.each([
    [{ id: 'Not An Id', source: { kind: 'test' } }, 'id'],
    [{ id: 'cam' }, 'source'],
    [{ id: 'cam', source: { kind: 'device', path: '/dev/video0' } }, 'source.kind'],
    [{ id: 'cam', source: { kind: 'url', url: 'file:///etc/passwd' } }, 'source.url'],
    [{ id: 'cam', source: { kind: 'url', url: 'concat:a|b' } }, 'source.url'],
    [{ id: 'cam', source: { kind: 'url', url: 'rtsp://' } }, 'source.url'],
    [{ id: 'cam', source: { kind: 'test', extra: 1 } }, 'source'],
    [{ id: 'cam', source: { kind: 'test' }, title: ' ' }, 'title'],
  ])('names what is wrong in %j', async (body, path) => {
    await using gateway = await GatewayUnderTest.start();
    const { status, body: problem } = await create(gateway, body);
    expect(status).toBe(422);
    expect(problem.errors?.map((error) => error.path)).toContain(path);
  });

  it('need the operator token, before anything else is looked at', async () => {
    await using gateway = await GatewayUnderTest.start();
    await gateway.addStream();
    const wrong = { authorization: 'Bearer wrong' };
    for (const headers of [{}, wrong, { authorization: OPERATOR_TOKEN }]) {
      expect((await create(gateway, {}, { ...headers, 'content-type': 'application/json' })).status).toBe(
        401,
      );
      expect((await ask(gateway, 'POST', '/api/streams/demo/stop', { headers })).status).toBe(401);
      expect((await ask(gateway, 'DELETE', '/api/streams/demo', { headers })).status).toBe(401);
    }
    expect((await ask(gateway, 'GET', '/api/streams/demo', { headers: wrong })).status).toBe(401);
  });

  it('are not for the holder of a viewer token, who may look', async () => {
    const secret = 'a secret of at least 32 characters';
    await using gateway = await GatewayUnderTest.start({ TOPICAST_VIEWER_SECRET: secret });
    await gateway.addStream();
    const token = new SignJWT({ stream: '*' }).setProtectedHeader({ alg: 'HS256' });
    const signed = await token.sign(new TextEncoder().encode(secret));
    const headers = { authorization: `Bearer ${signed}` };
    expect((await ask(gateway, 'DELETE', '/api/streams/demo', { headers })).status).toBe(403);
    const seen = await ask(gateway, 'GET', '/api/streams/demo', { headers });
    expect(seen).toMatchObject({ status: 200, body: { id: 'demo' } });
    expect(seen.body).not.toHaveProperty('source');
  });

  it('name files in the media folders only, links followed', async () => {
    await using gateway = await GatewayUnderTest.start({ TOPICAST_MEDIA_DIRS: '/nonexistent' });
    const file = (path: string) => create(gateway, { id: 'film', source: { kind: 'file', path } });
    expect((await file('/etc/hostname')).status).toBe(403);
    expect((await file('/nonexistent/../etc/hostname')).status).toBe(403);
    expect((await file('/nonexistent/film.mp4')).status).toBe(422);
    expect((await file('a\0b')).status).toBe(422);
  });

  it('take a file of a media folder, and no link out of it', async () => {
    using folder = temporaryFolder();
    const directory = folder.path;
    await using gateway = await GatewayUnderTest.start({ TOPICAST_MEDIA_DIRS: directory });
    await writeFile(join(directory, 'film.mp4'), 'x');
    await symlink('/etc/hostname', join(directory, 'link.mp4'));
    const file = (path: string) => create(gateway, { id: 'film', source: { kind: 'file', path } });
    expect((await file(join(directory, 'link.mp4'))).status).toBe(403);
    expect((await file(directory)).status).toBe(403);
    expect((await file(join(directory, 'film.mp4'))).status).toBe(201);
  });

  it('take a relative name as one below each media folder', async () => {
    using folder = temporaryFolder();
    const directory = folder.path;
    const media = [join(directory, 'one'), join(directory, 'two')];
    await mkdir(join(media[1]!, 'films'), { recursive: true });
    await writeFile(join(media[1]!, 'films', 'film.mp4'), 'x');
    await writeFile(join(directory, 'secret.mp4'), 'x');
    await using gateway = await GatewayUnderTest.start({ TOPICAST_MEDIA_DIRS: media.join(delimiter) });
    const file = (path: string) => create(gateway, { id: 'film', source: { kind: 'file', path } });
    expect((await file('films/none.mp4')).status).toBe(422);
    expect((await file('films')).status).toBe(422);
    expect((await file('../secret.mp4')).status).toBe(403);
    expect((await file('../none.mp4')).status).toBe(403);
    // Of the working directory, which is no media folder.
    expect((await file('package.json')).status).toBe(422);
    expect((await file('films/film.mp4')).status).toBe(201);
  });

  it('name no address of a private network', async () => {
    await using gateway = await GatewayUnderTest.start();
    const hosts = [
      '127.0.0.1',
      'localhost',
      '192.168.1.5',
      '[::1]',
      '[::ffff:10.0.0.1]',
      '0x7f.1',
      '169.254.169.254',
    ];
    for (const host of hosts) {
      const source = { kind: 'url', url: `http://${host}/stream.m3u8` };
      expect([host, (await create(gateway, { id: 'cam', source })).status]).toEqual([host, 403]);
    }
    const { status } = await create(gateway, {
      id: 'cam',
      source: { kind: 'url', url: 'https://video.example/a.m3u8' },
    });
    expect(status).toBe(201);
  });

  it('name an SRT address that waits for callers only where private addresses are allowed', async () => {
    const body = { id: 'cam', source: { kind: 'url', url: 'srt://:9000?mode=listener' } };
    await using strict = await GatewayUnderTest.start();
    const refused = await create(strict, body);
    expect(refused.status).toBe(403);
    expect(refused.body.detail).toContain('TOPICAST_ALLOW_PRIVATE_URLS=1');
    await using open = await GatewayUnderTest.start({ TOPICAST_ALLOW_PRIVATE_URLS: '1' });
    expect((await create(open, body)).status).toBe(201);
  });

  it('give a title without what nobody sees', async () => {
    await using gateway = await GatewayUnderTest.start();
    const body = { id: 'cam', title: ' a\n\u202eb\u200b ', source: { kind: 'test' } };
    expect((await create(gateway, body)).body.title).toBe('a b');
  });

  it('come from pages of other origins', async () => {
    await using gateway = await GatewayUnderTest.start();
    const foreign = { origin: 'https://evil.example' };
    const own = { origin: 'http://localhost:3000' };
    const body = { id: 'cam', source: { kind: 'test' } };
    expect((await create(gateway, body, { ...json, ...foreign })).status).toBe(403);
    const read = await ask(gateway, 'GET', '/api/streams', { headers: foreign });
    expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    const preflight = async (headers: Record<string, string>) => {
      const asked = { ...headers, 'access-control-request-method': 'POST' };
      const { headers: got } = await fetch(gateway.url('/api/streams'), {
        method: 'OPTIONS',
        headers: asked,
      });
      return got.get('access-control-allow-origin');
    };
    expect(await preflight(own)).toBe('*');
    expect(await preflight(foreign)).toBeNull();
    expect((await create(gateway, body, { ...json, ...own })).status).toBe(201);
  });

  it('ask for another host, or are no HTTP at all', async () => {
    await using gateway = await GatewayUnderTest.start();
    const raw = (request: string): Promise<string> =>
      new Promise((resolve) => {
        let answer = '';
        const socket = connect(gateway.port, '127.0.0.1', () => socket.write(request));
        socket.on('data', (data) => (answer += data.toString())).on('close', () => resolve(answer));
      });
    const get = (path: string, host: string) =>
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    expect(await raw(get('/api/streams', 'evil.example'))).toMatch(
      /^HTTP\/1.1 421 .*application\/problem\+json/s,
    );
    expect(await raw(get('/healthz', 'some-pod.example'))).toMatch(/^HTTP\/1.1 200 /);
    expect(await raw('nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*application\/problem\+json/s);
  });
});

describe('a log that is away', () => {
  it('makes the API answer 503 and try-again, and is found when it comes', async () => {
    await using gateway = await GatewayUnderTest.start();
    const away = new LogError('unavailable', 'no broker answers');
    const table = vi.spyOn(gateway.log, 'table').mockRejectedValue(away);
    const ping = vi.spyOn(gateway.log, 'ping').mockRejectedValue(away);
    await gateway.restartGateway();
    const answer = await ask(gateway, 'GET', '/api/streams');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await ask(gateway, 'GET', '/readyz')).status).toBe(503);
    expect((await ask(gateway, 'GET', '/healthz')).status).toBe(200);
    expect((await create(gateway, { id: 'cam', source: { kind: 'test' } })).status).toBe(503);
    table.mockRestore();
    ping.mockRestore();
    await until(async () => (await fetch(gateway.url('/readyz'))).status === 200);
    expect((await create(gateway, { id: 'cam', source: { kind: 'test' } })).status).toBe(201);
  });

  it('is named on /readyz where somebody has to mend it, and not the brokers that do not answer', async () => {
    await using gateway = await GatewayUnderTest.start();
    const refused = new LogError('invalid', 'Kafka refuses to make "topicast.streams"');
    const table = vi.spyOn(gateway.log, 'table').mockRejectedValue(refused);
    const ping = vi.spyOn(gateway.log, 'ping');
    const readiness = async () => {
      const { status, body } = await ask(gateway, 'GET', '/readyz');
      return [status, body.detail];
    };
    await gateway.restartGateway();
    expect(await readiness()).toEqual([503, refused.message]);
    table.mockRestore();
    await until(async () => (await readiness())[0] === 200);
    const lost = new LogError('invalid', 'the table "topicast.status" is no longer followed');
    ping.mockRejectedValue(lost);
    expect(await readiness()).toEqual([503, lost.message]);
    ping.mockRejectedValue(new LogError('unavailable', 'Kafka at kafka-0.internal:9092 does not answer'));
    expect(await readiness()).toEqual([503, 'the log does not answer']);
    ping.mockRestore();
    expect((await readiness())[0]).toBe(200);
  });
});

it('documents itself, without anything from elsewhere', async () => {
  await using gateway = await GatewayUnderTest.start();
  const openapi = await (await fetch(gateway.url('/docs/json'))).json();
  expect(Object.keys(openapi.paths)).toEqual(
    expect.arrayContaining(['/api/streams', '/api/streams/{id}', '/api/streams/{id}/start', '/readyz']),
  );
  const page = await (await fetch(gateway.url('/docs/'))).text();
  expect(page).toContain('swagger-ui');
  expect(page).not.toMatch(/(?:src|href)="https?:/);
});

it('counts for Prometheus, without names of viewers or streams', async () => {
  await using gateway = await GatewayUnderTest.start();
  await gateway.addStream(DEMO);
  const text = await (await fetch(gateway.url('/metrics'))).text();
  for (const name of [
    'viewers',
    'sent_bytes_total',
    'sent_chunks_total',
    'jumps_total',
    'dropped_chunks_total',
  ]) {
    expect(text).toContain(`topicast_gateway_${name}`);
  }
  for (const name of ['viewer_lag_seconds', 'join_seconds', 'log_hop_seconds']) {
    expect(text).toContain(`topicast_gateway_${name}_bucket`);
  }
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
  expect(text).not.toContain('demo');
});
