import { bitsPerSecond } from '@topicast/contracts/units';
import type { JudgedSource } from '@topicast/sources';
import { describe, expect, it } from 'vitest';
import { maskSecrets } from './mask-secrets.js';
import { PacketList } from './packets.js';
import { fitLadder, inputOf, planEncoding } from './plan.js';
import { readProbe } from './probe.js';
import { StderrTail } from './stderr-tail.js';

// As ffmpeg 5.1 wrote it.
const FLOWER = `Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/media/flower.mp4':
  Metadata:
    major_brand     : isom
  Duration: 00:00:05.06, start: 0.000000, bitrate: 1732 kb/s
  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p, 960x540, 29.97 fps (default)
  Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 48000 Hz, stereo, fltp, 157 kb/s (default)
At least one output file must be specified`.split('\n');

// As the ffmpeg of 2018 wrote it: a song with a cover picture.
const SONG = `Input #0, mp3, from 'file:/media/song.mp3':
  Duration: N/A, start: 0.025057, bitrate: 192 kb/s
    Stream #0:0: Audio: mp3, 44100 Hz, stereo, fltp, 192 kb/s
    Stream #0:1: Video: mjpeg, yuvj420p, 600x600, 90k tbr, 90k tbn, 90k tbc (attached pic)`.split('\n');

// As ffmpeg 5.1 wrote it, of a transport stream whose last programme comes first.
const TIMED = `Input #0, mpegts, from 'file:/media/news.ts':
  Duration: 00:00:06.00, start: 1.000000, bitrate: 200 kb/s
  Stream #0:0[0x100]: Video: h264 (High) ([27][0][0][0] / 0x001B), yuv420p, 160x90, Closed Captions, 30 fps
  Program 2
  Stream #0:4[0x104]: Data: scte_35
  Stream #0:3[0x102]: Data: timed_id3 (ID3  / 0x20334449)
  Program 1
  Stream #0:1[0x103]: Data: klv (KLVA / 0x41564C4B)
  Stream #0:3[0x102]: Data: timed_id3 (ID3  / 0x20334449)
  No Program
  Stream #0:2[0x105]: Data: none ([5][0][0][0] / 0x0005)`.split('\n');

/** All that is announced comes. */
const WHOLE = {
  ...{ pictureTrack: 0, soundTrack: 0, lacksPictures: false, lacksSound: false },
  ...{ container: 'mpegts', isOddlyNamed: false, soundIsLate: false, isPatient: false, tracks: [] },
};

const SOUND = { codec: 'aac', layout: 'stereo', language: undefined, isUsable: true } as const;

describe('readProbe', () => {
  it('reads codecs and length', () => {
    expect(readProbe(FLOWER, new PacketList())).toMatchObject({
      durationSeconds: 5.06,
      video: 'h264',
      audio: [{ codec: 'aac', layout: 'stereo' }],
      picture: { width: 960, height: 540 },
    });
  });
  it('does not take a cover picture for video', () => {
    expect(readProbe(SONG, new PacketList())).toEqual({
      container: 'mp3',
      isOddlyNamed: false,
      durationSeconds: undefined,
      video: undefined,
      tracks: [
        {
          ...{ index: 0, kind: 'Audio', codec: 'mp3', language: undefined },
          line: SONG[2],
          beside: [],
          programmes: new Set(),
        },
      ],
      audio: [{ codec: 'mp3', layout: 'stereo', language: undefined, isUsable: false }],
      data: [],
      picture: undefined,
      rate: undefined,
      namedRate: undefined,
      lacksPictures: false,
      isPatient: false,
      lacksSound: false,
      soundIsLate: false,
      pictureTrack: 0,
      soundTrack: 0,
    });
  });
  it('finds data tracks, and has those sent along that the muxer labels', () => {
    const probe = readProbe(TIMED, new PacketList())!;
    expect(probe.data).toEqual(['klv', 'none', 'timed_id3', 'scte_35']);
    const source = { kind: 'file', path: '/media/news.ts', copy: false } as const;
    const planned = planEncoding(source, inputOf(source, 'linux'), probe, {
      ladder: undefined,
      limits,
      ...{ mapsTones: true, libavformat: 59 },
    });
    expect(planned?.plan).toMatchObject({ video: 'encode', data: [0, 2] });
  });
  it('takes the sound of the programme that has the picture, and tracks that are not empty', () => {
    // As ffmpeg 5.1 wrote it.
    const two = `Input #0, mpegts, from 'file:/media/two.ts':
  Duration: N/A, start: 1.400000, bitrate: N/A
  Program 2
  Stream #0:3[0x201]: Audio: aac (LC), 48000 Hz, stereo, fltp, 66 kb/s
  Stream #0:2[0x200]: Video: h264 (High), yuv420p, 640x266, 24 fps
  Program 1
  Stream #0:0[0x101]: Audio: mp2, 48000 Hz, stereo, fltp, 128 kb/s
  Stream #0:1[0x100]: Video: h264 (High), yuv420p, 320x180, 25 fps`.split('\n');
    const packets = (tracks: string, ...numbers: number[]): PacketList => {
      const list = new PacketList();
      const kinds = [...tracks].map(
        (kind, n) => `#tb ${n}: 1/90000\n#media_type ${n}: ${kind === 'V' ? 'video' : 'audio'}\n`,
      );
      const lines = numbers.map((n, time) => `${n}, ${time * 3600}, ${time * 3600}, 3600, 900, 0x1\n`);
      list.push(Buffer.from([...kinds, ...lines].join('')));
      return list;
    };
    const chosen = (list: PacketList, programme?: number) => {
      const { pictureTrack, soundTrack, picture } = readProbe(two, list, { programme })!;
      return [pictureTrack, soundTrack, picture?.height];
    };
    expect(chosen(packets('VVAA', 0, 1, 2, 3))).toEqual([0, 0, 180]);
    expect(chosen(packets('VVAA', 1, 2, 3))).toEqual([1, 1, 266]);
    // Somebody wants the other one, or one that there is not.
    expect(chosen(packets('VVAA', 0, 1, 2, 3), 2)).toEqual([1, 1, 266]);
    expect(chosen(packets('VVAA', 0, 1, 2, 3), 7)).toEqual([0, 0, 180]);
    // Its own is empty so far, but the other one is another programme's.
    expect(chosen(packets('VVAA', 0, 3))).toEqual([0, 0, 180]);
  });
  it('measures the rate of pictures from what comes, whatever the container says', () => {
    const list = (times: readonly number[]): PacketList => {
      const list = new PacketList();
      const text = `#tb 0: 1/1000\n#media_type 0: video\n${times.map((time) => `0, ${time}, ${time}, 1, 9, 0x2, F=0x0\n`).join('')}`;
      // In pieces, as pipes deliver it.
      for (let at = 0; at < text.length; at += 7) list.push(Buffer.from(text.slice(at, at + 7)));
      return list;
    };
    const every = (interval: number, count: number) =>
      Array.from({ length: count }, (_, n) => Math.round(n * interval));
    expect(list(every(1000 / 24, 40)).rateOf(0)).toBeCloseTo(24, 1);
    expect(list(every(1000 / 59.94, 40)).rateOf(0)).toBeCloseTo(59.94, 0);
    // Pictures that are reordered, and a pause.
    expect(list([0, 120, 40, 80, 160, 280, 200, 240, 9_000, 9_040]).rateOf(0)).toBeCloseTo(25, 1);
    expect(list(every(4_000, 4)).rateOf(0)).toBeCloseTo(0.25, 2);
    expect(list([500]).rateOf(0)).toBeUndefined();
    expect(list(every(4_000, 2)).isEnough).toBe(false);
    expect(list(every(1_000, 4)).isEnough).toBe(true);
    expect(list(every(20, 24)).isEnough).toBe(false);
    expect(list(every(20, 25)).isEnough).toBe(true);
  });
  it('tells the rate control no less than may come, and evens what comes slowly from a recording', () => {
    const paced = (
      recording: boolean,
      rate: number | undefined,
      namedRate: number | undefined,
      libavformat = 59,
    ) => {
      const source = {
        kind: 'url',
        url: 'https://host/x',
        protocol: 'https',
        copy: false,
        fenced: false,
        listens: false,
      } as const;
      const seen = {
        durationSeconds: recording ? 9 : undefined,
        video: 'h264',
        audio: [SOUND],
        data: [],
        picture: undefined,
      };
      const { plan } = planEncoding(
        source,
        inputOf(source, 'linux'),
        { ...seen, ...WHOLE, rate, namedRate },
        { ladder: undefined, limits, mapsTones: true, libavformat },
      )!;
      return [plan.rate, plan.isEvened ?? false];
    };
    for (const recording of [true, false]) {
      expect(paced(recording, 24.1, 23.98)).toEqual([23.98, false]);
      expect(paced(recording, 60, 59.94)).toEqual([59.94, false]);
      expect(paced(recording, 12.5, 12.5)).toEqual([12.5, false]);
    }
    // A browser's recording, a screen that stands still at first, and slides.
    expect(paced(true, 24.3, 1_000)).toEqual([30, false]);
    expect(paced(false, 24.3, 1_000)).toEqual([24.3, false]);
    expect(paced(true, 1, 25)).toEqual([50, true]);
    // It pauses now and then, which the ffmpeg of 2018 fills in this way alone.
    expect(paced(true, 25, 18)).toEqual([25, false]);
    expect(paced(true, 25, 18, 58)).toEqual([50, true]);
    expect(paced(false, 1, 25)).toEqual([25, false]);
    expect(paced(true, 0.25, 0.25)).toEqual([30, true]);
    expect(paced(false, 0.25, 90_000)).toEqual([15, false]);
    expect(paced(true, undefined, 90_000)).toEqual([30, true]);
    expect(paced(false, undefined, undefined)).toEqual([30, false]);
  });
  it('knows when nothing was opened', () => {
    expect(
      readProbe(['file:/x: Invalid data found when processing input'], new PacketList()),
    ).toBeUndefined();
  });
});

const limits = { maxHeight: 1080, maxVideoBitrate: bitsPerSecond(5_000_000) };

describe('planEncoding', () => {
  const plan = (
    copy: boolean,
    video: string | undefined,
    audio: string | string[] | undefined,
    durationSeconds?: number,
  ) => {
    const source = {
      kind: 'url',
      url: 'https://host/x',
      protocol: 'https',
      copy,
      fenced: false,
      listens: false,
    } as const;
    const seen = { picture: undefined, rate: 24, namedRate: 24 };
    const tracks = [audio ?? []].flat().map((codec) => ({ ...SOUND, codec }));
    const probe = { durationSeconds, video, audio: tracks, data: [], ...seen, ...WHOLE };
    return planEncoding(source, inputOf(source, 'linux'), probe, {
      ladder: undefined,
      limits,
      ...{ mapsTones: true, libavformat: 59 },
    });
  };
  it('copies what it can if it is asked to', () => {
    expect(plan(true, 'h264', 'aac')?.plan).toMatchObject({ video: 'copy', audio: 'copy' });
    expect(plan(true, 'h264', 'mp3')?.plan).toMatchObject({ video: 'copy', audio: 'encode' });
    expect(plan(true, 'hevc', 'opus')?.plan).toMatchObject({
      video: 'copy',
      audio: 'copy',
      copiedVideo: 'hevc',
    });
    expect(plan(false, 'h264', 'aac')?.plan).toMatchObject({ video: 'encode', audio: 'encode' });
  });
  it('copies all audio tracks if it can, and else only the first', () => {
    expect(plan(true, 'h264', ['aac', 'opus'])?.plan).toMatchObject({ audio: 'copy', allAudio: true });
    expect(plan(true, 'h264', ['aac', 'dts'])?.plan).toMatchObject({ audio: 'copy' });
    for (const tracks of [['aac'], ['aac', 'dts'], ['dts', 'aac']])
      expect(plan(true, 'h264', tracks)?.plan).not.toHaveProperty('allAudio');
    expect(plan(false, 'h264', ['aac', 'aac'])?.plan).not.toHaveProperty('allAudio');
  });
  it('encodes what it cannot copy, and says so', () => {
    const planned = plan(true, 'vp8', 'vorbis');
    expect(planned?.plan).toMatchObject({ video: 'encode', audio: 'encode' });
    expect(planned?.notes.join(' ')).toContain('vp8');
  });
  it('makes the rate of a recording constant if that was asked for, and leaves out live pictures above it', () => {
    const probe = (durationSeconds: number | undefined) => ({
      ...{ durationSeconds, video: 'h264', audio: [SOUND], data: [], picture: undefined },
      ...{ rate: 24, namedRate: 24, ...WHOLE },
    });
    const wished = (frameRate: number, copy: boolean, duration: number | undefined, looks = true) => {
      const source: JudgedSource = {
        ...{ kind: 'url', url: 'https://cam.example/1', protocol: 'https', fenced: false, listens: false },
        copy,
      };
      return planEncoding(source, inputOf(source, 'linux'), looks ? probe(duration) : undefined, {
        ...{ ladder: undefined, limits: { ...limits, asked: { frameRate } } },
        ...{ mapsTones: true, libavformat: 59 },
      })!;
    };
    expect(wished(10, false, 9)).toMatchObject({ plan: { rate: 10, isEvened: true }, notes: [] });
    expect(wished(10, false, undefined)).toMatchObject({ plan: { rate: 10, mostRate: 10 }, notes: [] });
    expect(wished(10, false, undefined, false).plan).toMatchObject({ rate: 10, mostRate: 10 });
    expect(wished(30, false, undefined).plan).toMatchObject({ rate: 24 });
    expect(wished(30, false, undefined).plan).not.toHaveProperty('mostRate');
    expect(wished(10, false, undefined).plan).not.toMatchObject({ isEvened: true });
  });
  it('plays a recording at its own speed, a live source as it comes', () => {
    expect(plan(false, 'h264', 'aac', 12)?.plan.input).toMatchObject({ paced: true });
    expect(plan(false, 'h264', 'aac')?.plan.input).toMatchObject({ paced: false });
  });
  it('has no plan if there is neither picture nor sound', () => {
    expect(plan(false, undefined, undefined)).toBeUndefined();
  });
});

describe('fitLadder', () => {
  const rungs = (source: number | undefined, ...heights: number[]) =>
    fitLadder(
      heights.map((height) => ({ height })),
      source,
      limits,
    ).map(({ height }) => height);

  it('leaves out what would only differ by name, and enlarges nothing', () => {
    expect(rungs(1080, 1080, 720, 360)).toEqual([1080, 720, 360]);
    expect(rungs(720, 1080, 720, 360)).toEqual([720, 360]);
    expect(rungs(540, 1080, 720, 360)).toEqual([540, 360]);
    expect(rungs(180, 720, 360)).toEqual([180]);
    expect(rungs(undefined, 2160, 1440, 720)).toEqual([1080, 720]);
  });

  it('takes the bitrate asked for, otherwise one that suits the height, and never more than the limit', () => {
    const ladder = [{ height: 1080 }, { height: 720, bitrate: 1_500_000 }, { height: 360 }];
    expect(fitLadder(ladder, 1080, limits).map(({ bitrate }) => bitrate)).toEqual([
      5_000_000, 1_500_000, 890_000,
    ]);
  });
});

describe('StderrTail', () => {
  it('keeps the last 40 lines, of bounded length, whatever comes', () => {
    const tail = new StderrTail();
    for (let line = 0; line < 100; line++) tail.push(`line ${line}\r`);
    tail.push('x'.repeat(1_000_000));
    tail.push('y'.repeat(1_000_000));
    const lines = tail.lines();
    expect(lines).toHaveLength(40);
    expect(lines[38]).toBe('line 99');
    expect(lines[39]!.length).toBeLessThanOrEqual(300);
  });
  it('hides names, passwords, keys and the addresses of contexts', () => {
    const tail = new StderrTail();
    tail.push("[tls @ 0x55d0] rtmps://ann:secret@host/app/x?key=K: 'srt://h:1?passphrase=P' failed\n");
    expect(tail.lines()).toEqual(["[tls] rtmps://***@host/app/x?*** 'srt://h:1?***' failed"]);
    // A line that goes on, and one that is cut: what is not clear yet is not shown.
    tail.push('rtsp://ann:secr');
    expect(tail.lines().at(-1)).toBe('rtsp://***');
    tail.push(`${'e'.repeat(2_000)}t@host/x\n`);
    expect(tail.lines().at(-1)).toBe('rtsp://***');
    expect(maskSecrets('a://b@c/d://e:f@g?h 1.2.3 i://j@k@l/m#n')).toBe(
      'a://***@c/d://***@g?*** 1.2.3 i://***@l/m#n',
    );
    expect(maskSecrets('nothing to hide: a@b')).toBe('nothing to hide: a@b');
  });
});
