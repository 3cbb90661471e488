import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { CreatedStream, IngestAccess, StreamInfo } from '@topicast/contracts/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endWithUs } from '../support/end-with-us.js';
import { decode, FFMPEG } from '../support/ffprobe.js';
import { freePorts } from '../support/free-ports.js';
import { until } from '../support/poll.js';
import { rawViewer } from '../support/raw-viewer.js';
import { type Services, startServices } from '../support/services.js';

/** Says which element is missing, if one is. */
const gstreamerUnavailable = ['srtsink', 'x264enc', 'mpegtsmux', 'avenc_aac'].find((element) => {
  try {
    execFileSync('gst-inspect-1.0', [element], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
});

let services: Services;
let first: number;
beforeAll(async () => {
  [first = 0] = await freePorts(1);
  services = await startServices({
    environment: { TOPICAST_SRT_PORTS: `${first}-${first + 5}` },
  });
});
afterAll(() => services.close());

const FFMPEG_SENDS =
  '-nostdin -v error -re -f lavfi -i testsrc2=s=320x180:r=30 -re -f lavfi -i sine=f=440:r=48000 -c:v libx264 -preset ultrafast -tune zerolatency -g 30 -pix_fmt yuv420p -c:a aac -f mpegts';
const GSTREAMER_SENDS =
  'videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! h264parse ! mpegtsmux alignment=7 name=m audiotestsrc is-live=true ! audioconvert ! avenc_aac ! aacparse ! m. m. ! srtsink';

function start(program: string, args: readonly string[]) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  endWithUs(child);
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said = (said + text).slice(-20_000);
  });
  const ended = once(child, 'close');
  return {
    child,
    ended,
    said: () => said,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const byFfmpeg = (address: string) => start(FFMPEG, [...FFMPEG_SENDS.split(' '), address]);
const byGStreamer = (address: string) =>
  start('gst-launch-1.0', ['-q', ...GSTREAMER_SENDS.split(' '), `uri=${address}`]);

let streams = 0;
async function newStream(): Promise<{ id: string; access: IngestAccess; address: string }> {
  const id = `srt-${++streams}`;
  const { body } = await services.api('POST', '/api/streams', { id, source: { kind: 'ingest' } });
  const access = (body as CreatedStream).ingest!;
  return { id, access, address: access.srt! };
}
const infoOf = async (id: string): Promise<StreamInfo> =>
  (await services.api('GET', `/api/streams/${id}`)).body as StreamInfo;

describe('a stream for an encoder that publishes by SRT', () => {
  // They mostly wait, so they go on at the same time.
  it.concurrent('is on air while it sends, and takes it again when it comes back', async () => {
    const { id, access, address } = await newStream();
    const passphrase = new URL(address).searchParams.get('passphrase')!;
    expect(address).toMatch(/^srt:\/\/127\.0\.0\.1:\d+\?mode=caller&passphrase=[0-9a-f]{32}&pbkeylen=16$/);
    expect(access.key).not.toContain(passphrase);
    const viewer = await rawViewer(services.address(id));
    const encoder = byFfmpeg(address);
    await services.untilState(id, 'live');
    const { complaints, hasAudio, size } = await decode(await viewer.untilBytes(200_000));
    expect({ complaints, hasAudio, size }).toEqual({ complaints: [], hasAudio: true, size: '320x180' });
    expect(JSON.stringify(await infoOf(id))).not.toContain(passphrase);
    const { body: shown } = await services.api('GET', `/api/streams/${id}/ingest`);
    expect(shown).toMatchObject({ srt: address.replace(/&.*/, '') });

    // ffmpeg says goodbye, so there is no slate.
    encoder.child.kill('SIGINT');
    await services.untilState(id, 'offline');
    await using _again = byFfmpeg(address);
    await services.untilState(id, 'live');
    const before = viewer.bytes().byteLength;
    await viewer.untilBytes(before + 50_000);

    const { body } = await services.api('POST', `/api/streams/${id}/ingest-key`);
    const renewed = (body as IngestAccess).srt!;
    expect(new URL(renewed).port).toBe(new URL(address).port);
    await services.untilState(id, 'offline');
    await using late = byFfmpeg(address);
    await late.ended;
    expect((await infoOf(id)).state).toBe('offline');
    await using _last = byFfmpeg(renewed);
    await services.untilState(id, 'live');
    viewer.close();
  });

  it.concurrent('takes what GStreamer sends', async (context) => {
    if (gstreamerUnavailable) context.skip(`SKIPPED: GStreamer has no ${gstreamerUnavailable}`);
    const { id, address } = await newStream();
    const viewer = await rawViewer(services.address(id));
    await using _encoder = byGStreamer(address);
    await services.untilState(id, 'live');
    const { complaints, hasAudio, size } = await decode(await viewer.untilBytes(200_000));
    expect({ complaints, hasAudio, size }).toEqual({ complaints: [], hasAudio: true, size: '320x180' });
    viewer.close();
  });

  it.concurrent('gives its place to an encoder that comes by RTMP', async () => {
    const { id, access, address } = await newStream();
    await using _encoder = byFfmpeg(address);
    const { session } = await services.untilState(id, 'live');
    await using _other = start(FFMPEG, [
      ...FFMPEG_SENDS.replace('-f mpegts', '-f flv').split(' '),
      `${access.rtmp}/${access.key}`,
    ]);
    await until('the other one is on air', async () => Number((await infoOf(id)).session) > Number(session));
  });
});
