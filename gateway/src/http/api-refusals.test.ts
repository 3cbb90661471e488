import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { temporaryFolder } from '@topicast/test/temporary';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { ask, create, json, operator } from '../testing/api.js';
import { GatewayUnderTest, OPERATOR_TOKEN } from '../testing/gateway-under-test.js';

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
