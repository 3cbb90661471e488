import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Source } from '@topicast/contracts/http';
import { temporaryFolder } from '@topicast/test/temporary';
import { describe, expect, it } from 'vitest';
import { judgeSource, type SourceRules } from './judge.js';

const rules: SourceRules = { trusted: false, mediaDirs: [], allowPrivateUrls: false };
const allowing: SourceRules = { ...rules, allowPrivateUrls: true };
const trusting: SourceRules = { ...rules, trusted: true };
const url = (text: string): Source => ({ kind: 'url', url: text });

describe('addresses', () => {
  it.each([
    ['http://Public.Example:80/a?b', 'http://public.example/a?b'],
    ['rtsp://u:p@PUBLIC.example/1', 'rtsp://u:p@public.example/1'],
    ['rtmp://0x5db8d822/live/key', 'rtmp://93.184.216.34/live/key'],
    ['rtmps://９３.184.216.34/live', 'rtmps://93.184.216.34/live'],
    [
      'srt://public.example:9000?streamid=#!::r=a&mode=caller',
      'srt://public.example:9000?streamid=#!::r=a&mode=caller',
    ],
  ])('takes %s in one spelling', async (text, spelling) => {
    const judged = { kind: 'url', url: spelling, copy: false, fenced: true, listens: false };
    expect(await judgeSource(url(text), rules)).toMatchObject(judged);
    expect(await judgeSource(url(text), allowing)).toMatchObject({ ...judged, fenced: false });
  });

  it.each([
    ...[
      'http://127.0.0.1/',
      'http://[::1]/',
      'http://10.1.2.3/',
      'http://169.254.169.254/latest',
      'http://0.0.0.0/',
    ],
    ...[
      'http://2130706433/',
      'http://0x7f.1/',
      'http://0177.0.0.1/',
      'http://127.0.0.1./',
      'http://１２７.0.0.1/',
    ],
    ...[
      'rtmp://2130706433/a',
      'rtsp://0x7f.1/',
      'rtsp://127.1/',
      'srt://0177.0.0.1:1',
      'rtmp://１２７.0.0.1/a',
    ],
    ...[
      'http://[::ffff:127.0.0.1]/',
      'http://[::127.0.0.1]/',
      'http://[64:ff9b::a00:1]/',
      'http://[fe80::1]/',
    ],
    ...[
      'rtmp://192.168.1.4/live',
      'http://100.64.0.1/',
      'http://[fd00::1]/',
      'http://localhost/',
      'rtsp://LOCALHOST./',
    ],
    ...[
      'srt://0.0.0.0:9000?mode=listener',
      'srt://:9000?mode=listener',
      'srt://public.example:9000?mode=listener',
    ],
    ...['srt://public.example:9000?mode=rendezvous', 'srt://public.example:9000?streamid=#&mode=listener'],
  ])('refuses %s unless private addresses are allowed', async (text) => {
    await expect(judgeSource(url(text), rules)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('TOPICAST_ALLOW_PRIVATE_URLS=1'),
    });
    expect(await judgeSource(url(text), allowing)).toMatchObject({ kind: 'url', fenced: false });
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
    ...[
      'rtsp://',
      'rtmp://[fe80::1%25eth0]/',
      'srt://public.example',
      'srt://public.example:1?mode=Listener',
    ],
    ...['srt://public.example:1?adapter=127.0.0.1', 'srt://public.example:1?mode=caller&mode=listener'],
    ...['srt://public.example:1?mod%65=listener', 'rtmp://exa%mple/'],
  ])('refuses %j: it is not written as it must be', async (text) => {
    for (const by of [rules, allowing, trusting]) {
      await expect(judgeSource(url(text), by)).rejects.toMatchObject({ code: 'invalid' });
    }
  });

  it('takes an SRT address without a host: it listens on all of this machine', async () => {
    expect(await judgeSource(url('srt://:9000?mode=listener'), trusting)).toMatchObject({
      url: 'srt://0.0.0.0:9000?mode=listener',
      ...{ protocol: 'srt', listens: true, fenced: false },
    });
  });
});

it('accepts a device only from the command line, and no topic of another producer', async () => {
  const device: Source = { kind: 'device', path: '/dev/video0' };
  await expect(judgeSource(device, allowing)).rejects.toMatchObject({ code: 'refused' });
  expect(await judgeSource(device, trusting)).toEqual(device);
  await expect(judgeSource({ kind: 'topic' }, trusting)).rejects.toMatchObject({ code: 'refused' });
});

describe('files', () => {
  it('takes those below the media folders only, links followed', async () => {
    using temporary = temporaryFolder();
    const folder = temporary.path;
    const media = path.join(folder, 'media');
    await mkdir(path.join(media, 'sub'), { recursive: true });
    await mkdir(path.join(folder, 'media-not'));
    const inside = path.join(media, 'sub', '-i %d ..mp4');
    const outside = path.join(folder, 'secret.mp4');
    const beside = path.join(folder, 'media-not', 'x.mp4');
    for (const file of [inside, outside, beside]) await writeFile(file, 'x');
    await symlink(outside, path.join(media, 'link.mp4'));
    await symlink(inside, path.join(folder, 'way-in.mp4'));
    await symlink(media, path.join(folder, 'media-link'));
    const own = { ...rules, mediaDirs: [path.join(folder, 'gone'), media] };
    const judge = (name: string, by: SourceRules = own) => judgeSource({ kind: 'file', path: name }, by);

    for (const name of [inside, 'sub/-i %d ..mp4', `${media}/../media/sub/-i %d ..mp4`]) {
      expect(await judge(name)).toEqual({ kind: 'file', path: inside, copy: false });
    }
    const linked = { ...rules, mediaDirs: [path.join(folder, 'media-link')] };
    for (const name of [inside, path.join(folder, 'media-link', 'sub', '-i %d ..mp4')]) {
      expect(await judge(name, linked)).toMatchObject({ path: inside });
    }
    // Nobody may learn whether these files exist.
    const strangers = [
      outside,
      beside,
      path.join(media, 'link.mp4'),
      '../secret.mp4',
      '../none.mp4',
      media,
      '/none',
    ];
    for (const name of strangers) await expect(judge(name)).rejects.toMatchObject({ code: 'refused' });
    await expect(judge('sub/none.mp4')).rejects.toMatchObject({ code: 'unreachable' });
    for (const name of ['sub', 'a\0b']) await expect(judge(name)).rejects.toMatchObject({ code: 'invalid' });
    await expect(judge('x', rules)).rejects.toThrow('TOPICAST_MEDIA_DIRS');
    expect(await judge(outside, trusting)).toMatchObject({ path: outside });
  });
});
