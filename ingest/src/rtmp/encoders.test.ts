import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Chunker } from '@topicast/media/mpegts';
import { endWithUs } from '@topicast/test/end-with-us';
import { AAC, PICTURE, SOUND, X264 } from '@topicast/test/flv-film';
import { until } from '@topicast/test/poll';
import { describe, expect, it } from 'vitest';
import { type Guest, openReception } from '../testing/reception.js';

const FFMPEG = process.env.FFMPEG_PATH || 'ffmpeg';
/** Elements of all its plugins that are needed here. */
const GST_NEEDS = ['rtmp2sink', 'rtmpsink', 'flvmux', 'x264enc', 'avenc_aac'];
const gstreamer = isThere('gst-launch-1.0', ['--version']) && GST_NEEDS.every(hasElement);

function isThere(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function hasElement(name: string): boolean {
  return isThere('gst-inspect-1.0', ['--exists', name]);
}

function start(command: string, words: string, address: string): ChildProcess & { said: string } {
  const args = words
    .trim()
    .split(/\s+/)
    .map((word) => word.replace('ADDRESS', address));
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  endWithUs(child);
  const told = Object.assign(child, { said: '' });
  for (const stream of [child.stdout, child.stderr])
    stream!.on('data', (text) => {
      told.said += text;
    });
  return told;
}

const publish = (address: string, options = `${PICTURE} ${SOUND} ${X264} ${AAC} -t 2`) =>
  start(FFMPEG, `-v verbose -nostdin ${options} -f flv ADDRESS`, address);

/** What a viewer would find in it. */
function seen(guest: Guest) {
  let chunks = 0;
  const chunker = new Chunker(() => {
    chunks++;
  });
  for (const part of guest.parts) chunker.push(part);
  return { pictures: chunks, tracks: chunker.tracks, stats: chunker.stats };
}

describe('ffmpeg', () => {
  it('publishes, and every picture arrives', async () => {
    await using reception = await openReception();
    const child = publish(reception.address);
    await once(child, 'close');
    const guest = await until('it has left', () => reception.guests.find(({ end }) => end));
    expect(guest.end).toEqual({ why: 'finished' });
    const { pictures, tracks, stats } = seen(guest);
    expect(pictures).toBeGreaterThanOrEqual(60);
    expect(tracks).toMatchObject([{ codec: expect.stringMatching(/^avc1/) }, { codec: 'mp4a.40.2' }]);
    expect(stats).toMatchObject({ droppedAccessUnits: 0, continuityErrors: 0 });
  });

  it('with a wrong key is told so, and nothing of it is taken', async () => {
    await using reception = await openReception();
    const child = publish(`${reception.address}x`);
    await once(child, 'close');
    expect(child.exitCode).not.toBe(0);
    expect(child.said).toContain('This stream key is not valid');
    expect(reception.guests).toEqual([]);
    expect(reception.listener.stats.refused.unauthorized).toBe(1);
  });

  it('is gone when it is killed', async () => {
    await using reception = await openReception();
    const child = publish(reception.address, `-re ${PICTURE} ${X264} -t 60`);
    const guest = await until('it sends', () => reception.guests.find(({ parts }) => parts.length > 10));
    child.kill('SIGKILL');
    await until('it has left', () => guest.end);
  });

  it('is told when it is dismissed', async () => {
    await using reception = await openReception();
    const child = publish(reception.address, `-re ${PICTURE} ${X264} -t 60`);
    const guest = await until('it sends', () => reception.guests.find(({ parts }) => parts.length > 10));
    const closed = once(child, 'close');
    guest.dismiss('Another encoder has taken over.');
    await until('it has left', () => guest.end, { limitMs: 5_000 });
    await closed;
  });

  it('that does not keep to the time is cut, in words', async () => {
    await using reception = await openReception();
    const child = publish(reception.address, `${PICTURE} -c:v libx264 -preset ultrafast -g 30 -t 300`);
    await once(child, 'close');
    const guest = await until('it has left', () => reception.guests.find(({ end }) => end));
    expect(guest.end).toMatchObject({ why: 'cut', problem: expect.stringContaining('-re') });
  });

  it('with MP3 is seen without sound, and a note says why', async () => {
    await using reception = await openReception();
    const sound = '-c:a libmp3lame -ar 44100';
    await once(publish(reception.address, `${PICTURE} ${SOUND} ${X264} ${sound} -t 1`), 'close');
    const guest = await until('it has left', () => reception.guests.find(({ end }) => end));
    expect(guest.found.notes).toEqual([expect.stringContaining('MP3')]);
    expect(seen(guest).tracks.map(({ kind }) => kind)).toEqual(['video']);
  });
});

describe.skipIf(!gstreamer)(
  `GStreamer${gstreamer ? '' : ' (SKIPPED: no GStreamer, or not all of its plugins)'}`,
  () => {
    it.each([
      ['its own RTMP', 'rtmp2sink', ''],
      // What OBS is built on.
      ['librtmp', 'rtmpsink', ' live=1'],
    ])('publishes by %s, and every picture arrives', async (_, sink, more) => {
      await using reception = await openReception();
      const child = start(
        'gst-launch-1.0',
        `-e videotestsrc num-buffers=60 ! video/x-raw,width=320,height=180,framerate=30/1
          ! x264enc tune=zerolatency key-int-max=30 ! h264parse ! flvmux name=mux streamable=true
          ! ${sink} location=ADDRESS
          audiotestsrc num-buffers=94 samplesperbuffer=1024 ! audio/x-raw,rate=48000 ! avenc_aac ! aacparse ! mux.`,
        reception.address + more,
      );
      await once(child, 'close');
      const guest = await until(`it has left: ${child.said.slice(-2_000)}`, () =>
        reception.guests.find(({ end }) => end),
      );
      const { pictures, tracks, stats } = seen(guest);
      expect(pictures).toBeGreaterThanOrEqual(60);
      expect(tracks.map(({ kind }) => kind)).toEqual(['video', 'audio']);
      expect(stats).toMatchObject({ droppedAccessUnits: 0, continuityErrors: 0 });
    });
  },
);
