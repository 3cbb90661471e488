import type { VideoTrack } from '@topicast/contracts/catalog';
import { ChunkReader } from '@topicast/media/mpegts';
import { runTool, type Tool } from './tool.js';

/** Enough for a still, and each chunk comes soon after the one before. */
export const PICTURES_PER_SECOND = 25;

/** The keyframe of a stream, and what is known about its picture. */
export interface Still {
  readonly format: 'h264' | 'hevc';
  readonly facts: VideoTrack | undefined;
  /** MPEG-TS with one picture. */
  readonly keyframe: Uint8Array;
}

/** 8K. */
const MOST_PIXELS = String(7_680 * 4_320);
/** Of black at 0 and white at 1: dark enough that nobody takes it for a picture that hangs. */
const BRIGHTNESS = 0.4;
const SATURATION = 0.3;
/** One picture element of so many is kept, and the rest is drawn between them. */
const BLUR = 8;

/** profile_idc of H.264 (A.2) and x264's names for them; other profiles follow from the format of the picture. */
const PROFILES: Readonly<Record<number, string>> = { 66: 'baseline', 77: 'main', 100: 'high' };
/** RFC 6381: avc1.PPCCLL */
const AVC = /^avc[13]\.([0-9a-f]{2})[0-9a-f]{2}([0-9a-f]{2})$/i;

/** @returns a second of access units that show the picture, dimmed. @throws an Error in words for the streamer */
export async function encodeStill({ format, facts, keyframe }: Still, tool: Tool): Promise<Uint8Array[]> {
  const { width, height, codec = '' } = facts ?? {};
  if (!width || !height) throw new Error('the size of the picture is not known');
  const ts = await runTool(
    tool,
    [
      // Whoever has a stream key may send what it likes: one decoder sees it, and opens nothing.
      ...['-protocol_whitelist', 'pipe', '-max_pixels', MOST_PIXELS, '-threads', '1', '-c:v', format],
      ...['-f', 'mpegts', '-i', 'pipe:0', '-map', '0:v:0', '-an', '-sn', '-dn'],
      ...['-vf', filter(width, height), '-r', String(PICTURES_PER_SECOND)],
      ...['-frames:v', String(PICTURES_PER_SECOND), ...ENCODERS[format](codec)],
      ...['-muxdelay', '0', '-muxpreload', '0', '-omit_video_pes_length', '0', '-f', 'mpegts'],
    ],
    keyframe,
  );
  const units = new ChunkReader().read(ts)?.find(({ track }) => track.kind === 'video')?.units ?? [];
  if (units.length !== PICTURES_PER_SECOND) throw new Error(`ffmpeg has made ${units.length} pictures`);
  return units.map(({ data }) => data);
}

/** Filters that all builds have, for pictures of any depth and range. */
const filter = (width: number, height: number): string => {
  const small = [width, height].map((size) => Math.max(2, Math.round(size / BLUR)));
  const grey = '(minval+maxval)/2';
  const colour = `${grey}+(val-${grey})*${SATURATION}`;
  return [
    `scale=${small.join(':')}:flags=area`,
    `scale=${width}:${height}:flags=bicubic`,
    `lutyuv=y=minval+(val-minval)*${BRIGHTNESS}:u=${colour}:v=${colour}`,
    `loop=loop=${PICTURES_PER_SECOND - 1}:size=1:start=0`,
    `settb=1/${PICTURES_PER_SECOND}`,
    'setpts=N',
  ].join(',');
};

const GOP = String(PICTURES_PER_SECOND);

const ENCODERS: Readonly<Record<Still['format'], (codec: string) => string[]>> = {
  h264: (codec) => {
    const [, profile = '', level = ''] = AVC.exec(codec) ?? [];
    const name = PROFILES[Number.parseInt(profile, 16)];
    return [
      ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'stillimage', '-crf', '23', '-threads:v', '1'],
      ...['-bf', '0', '-g', GOP, '-keyint_min', GOP, '-sc_threshold', '0'],
      ...['-x264-params', 'rc-lookahead=0:sync-lookahead=0:mbtree=0'],
      // The same decoder goes on, and whoever sends the stream on announces nothing else.
      ...(name === undefined ? [] : ['-profile:v', name, '-level:v', String(Number.parseInt(level, 16))]),
    ];
  },
  hevc: () => [
    ...['-c:v', 'libx265', '-preset', 'ultrafast', '-crf', '26', '-tag:v', 'hvc1'],
    '-x265-params',
    `keyint=${GOP}:min-keyint=${GOP}:scenecut=0:bframes=0:open-gop=0:repeat-headers=1:rc-lookahead=0:pools=1:frame-threads=1:log-level=error`,
  ],
};
