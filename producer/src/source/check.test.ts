import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Source } from '@topicast/contracts/http';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/support.js';
import { checkSource, type SourceRules } from './check.js';

const rules: SourceRules = {
  ...{ trusted: false, mediaDirs: [], allowPrivateUrls: false },
  resolve: async (host) => {
    const known: Record<string, string[]> = {
      'public.example': ['93.184.216.34', '2606:2800:220:1::1'],
      'mixed.example': ['93.184.216.34', '10.0.0.1'],
    };
    const addresses = known[host] ?? (/^[\d.]+$|:/.test(host) ? [host] : undefined);
    if (!addresses) throw new Error('ENOTFOUND');
    return addresses;
  },
};
const url = (text: string): Source => ({ kind: 'url', url: text });

describe('addresses', () => {
  it.each([
    'http://public.example/a',
    'srt://public.example:9000?mode=caller',
    'rtsp://u:p@public.example/1',
  ])('takes %s', async (text) => {
    expect(await checkSource(url(text), rules)).toMatchObject({ kind: 'url', copy: false });
  });

  it.each([
    ...[
      'http://127.0.0.1/',
      'http://[::1]/',
      'http://10.1.2.3/',
      'http://169.254.169.254/latest',
      'http://0.0.0.0/',
    ],
    ...['http://2130706433/', 'http://[::ffff:127.0.0.1]/', 'http://[fe80::1]/', 'http://mixed.example/'],
    ...[
      'rtmp://192.168.1.4/live',
      'srt://0.0.0.0:9000?mode=listener',
      'srt://:9000?mode=listener',
      'http://100.64.0.1/',
      'http://[fd00::1]/',
    ],
  ])('refuses %s: private', async (text) => {
    await expect(checkSource(url(text), rules)).rejects.toMatchObject({ code: 'refused' });
    expect(await checkSource(url(text), { ...rules, allowPrivateUrls: true })).toMatchObject({ kind: 'url' });
  });

  it.each([
    ...[
      'file:///etc/passwd',
      'concat:/etc/passwd|/etc/group',
      '/etc/passwd',
      '-i',
      'subfile,,start,0,end,0,,:/x',
    ],
    ...['async:http://public.example/', 'tcp://public.example:1', 'data:video/mp4;base64,AA', 'http://', ''],
  ])('refuses %j: no such protocol', async (text) => {
    await expect(checkSource(url(text), rules)).rejects.toMatchObject({ code: 'refused' });
    await expect(checkSource(url(text), { ...rules, trusted: true })).rejects.toMatchObject({
      code: 'refused',
    });
  });

  it('takes an SRT address without a host from a command line: it listens on all of this machine', async () => {
    expect(await checkSource(url('srt://:9000?mode=listener'), { ...rules, trusted: true })).toMatchObject({
      url: 'srt://0.0.0.0:9000?mode=listener',
      protocol: 'srt',
    });
  });

  it('says that a host is not there, and lets that be tried again', async () => {
    await expect(checkSource(url('http://nowhere.example/'), rules)).rejects.toMatchObject({
      code: 'unreachable',
    });
  });
});

describe('files', () => {
  it('takes those below the media folders only, links followed', async () => {
    await using folder = await temporaryFolder();
    const media = path.join(folder.path, 'media');
    await mkdir(path.join(media, 'sub'), { recursive: true });
    await mkdir(path.join(folder.path, 'media-not'));
    const inside = path.join(media, 'sub', '-i %d ..mp4');
    const outside = path.join(folder.path, 'secret.mp4');
    const beside = path.join(folder.path, 'media-not', 'x.mp4');
    for (const file of [inside, outside, beside]) await writeFile(file, 'x');
    await symlink(outside, path.join(media, 'link.mp4'));
    await symlink(inside, path.join(folder.path, 'way-in.mp4'));
    const own = { ...rules, mediaDirs: [path.join(folder.path, 'gone'), media] };
    const check = (name: string, by: SourceRules = own) => checkSource({ kind: 'file', path: name }, by);

    for (const name of [inside, 'sub/-i %d ..mp4', `${media}/../media/sub/-i %d ..mp4`]) {
      expect(await check(name)).toEqual({ kind: 'file', path: inside, copy: false });
    }
    const refused = [
      outside,
      beside,
      path.join(media, 'link.mp4'),
      '../secret.mp4',
      media,
      '/etc/passwd',
      'a\0b',
      '/none',
    ];
    for (const name of refused) await expect(check(name)).rejects.toMatchObject({ code: 'refused' });
    await expect(check('sub/none.mp4')).rejects.toMatchObject({ code: 'unreachable' });
    await expect(check('x', rules)).rejects.toThrow('TOPICAST_MEDIA_DIRS');
    expect(await check(outside, { ...rules, trusted: true })).toMatchObject({ path: outside });
  });
});
