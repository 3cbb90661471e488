import type { Ticks90k } from '@topicast/contracts/units';
import { PROTOCOLS, type UrlProtocol } from '@topicast/sources';
import type { Fence } from '@topicast/sources/open';
import { TEST_PICTURE } from '../test-picture/format.js';

/** A checked source, and how to read it. */
export type EncoderInput =
  | { readonly kind: 'test'; readonly isSilent?: boolean }
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'url';
      readonly url: string;
      readonly protocol: UrlProtocol;
      /** A recording of known length, not a live source. */
      readonly paced: boolean;
      /** In ffmpeg's words; absent: not known. */
      readonly container?: string;
      /** Of an HLS playlist that names segments as nobody else does. */
      readonly isOddlyNamed?: boolean;
      /** The only way to it, if addresses are judged; otherwise ffmpeg opens it by itself. */
      readonly fence?: Fence | undefined;
    }
  /** What an encoder publishes here, written into ffmpeg's standard input from a keyframe on: MPEG-TS of a picture alone. */
  | {
      readonly kind: 'published';
      /** How much later a keyframe is shown than decoded, because pictures come in another order. */
      readonly reordering: Ticks90k;
    }
  | { readonly kind: 'device'; readonly path: string; readonly system: 'linux' | 'darwin' };

/**
 * Containers of media. Not included: playlists and scripts that name other files, still pictures, and text shown as a
 * screen.
 */
const CONTAINERS =
  'mov,matroska,mpegts,mpeg,mpegvideo,flv,live_flv,avi,asf,ogg,mxf,ivf,rm,gif,h264,hevc,m4v,mjpeg,wav,w64,aiff,mp3,aac,ac3,eac3,flac,caf';
const NETWORK_CONTAINERS = `${CONTAINERS},hls,dash,rtsp,mpjpeg`;

/** Find tracks that begin late, too. */
const PATIENT = ['-probesize', '100000000', '-analyzeduration', '40000000'];
/** The same for a track that is known to come; ffmpeg goes on as soon as it has all of those that are announced. */
const LIVE_PATIENT = ['-probesize', '10000000', '-analyzeduration', '10000000'];

const IO_TIMEOUT_US = String(10_000_000);

/** Recordings: they start over at their end, and come as fast as they are read. */
export const isLooped = (input: EncoderInput): boolean =>
  input.kind === 'file' || (input.kind === 'url' && input.paced);

/** Inside of the connection, which loses nothing; by UDP where the server refuses that. With TLS, ffmpeg asks for TCP only. */
const BY_TCP_OR_UDP = ['-rtsp_transport', 'tcp+udp', '-rtsp_flags', 'prefer_tcp'];

/**
 * RTMP servers keep their players when the publisher comes anew, and its times begin at zero. This reader of the same
 * format goes on at once; the usual one would drop everything until the old time is reached again.
 */
const RTMP = ['-f', 'live_flv'];

/** Everything up to and including `-i`. */
export const inputArguments = (input: EncoderInput, libavformat: number, isPatient = false): string[] => [
  ...(isLooped(input) ? ['-stream_loop', '-1'] : []),
  ...opening(input, libavformat, isPatient),
];

/**
 * The same without the loop, to examine a source.
 * @param isPatient read on until the tracks that come late have come
 */
export function opening(input: EncoderInput, libavformat: number, isPatient = false): string[] {
  switch (input.kind) {
    case 'test':
      return [...TEST_PICTURE.pictures, ...(input.isSilent ? [] : TEST_PICTURE.sound)];
    case 'file':
      // With a protocol in front, no character of the path has a special meaning for ffmpeg.
      return [
        ...(isPatient ? PATIENT : []),
        ...['-format_whitelist', CONTAINERS, '-protocol_whitelist', 'file', '-i', `file:${input.path}`],
      ];
    case 'url':
      return [
        ...['-format_whitelist', containers(input), '-protocol_whitelist', transports(input)],
        ...(input.paced ? [] : lowDelay(isPatient)),
        ...(input.paced ? [] : asItComes(input.container)),
        // What segments may hold is on the list of containers, whatever they are called.
        ...(input.isOddlyNamed ? ['-extension_picky', '0'] : []),
        ...(input.fence?.options ?? (isRtsp(input.protocol) ? BY_TCP_OR_UDP : [])),
        ...timeouts(input.protocol, libavformat, input.fence?.resumes ?? true),
        ...(input.protocol.startsWith('rtmp') ? RTMP : []),
        ...['-i', input.fence?.url ?? input.url],
      ];
    case 'published':
      return [
        // There is a keyframe with its parameter sets at the beginning, so there is nothing to wait for. A parser would
        // hold each picture back until the next one begins; here, each PES packet is a picture.
        ...['-thread_type', 'slice', '-probesize', '100000', '-analyzeduration', '0', '-fpsprobesize', '0'],
        ...['-fflags', '+nofillin+noparse'],
        ...['-copyts', '-protocol_whitelist', 'pipe', '-f', 'mpegts', '-i', 'pipe:0'],
      ];
    case 'device':
      return input.system === 'darwin'
        ? ['-f', 'avfoundation', '-framerate', '30', '-i', input.path]
        : ['-f', 'v4l2', '-thread_queue_size', '64', '-i', input.path];
  }
}

const containers = ({ fence }: EncoderInput & { kind: 'url' }): string =>
  fence ? [CONTAINERS, ...fence.demuxers].join() : NETWORK_CONTAINERS;

const transports = ({ protocol, fence }: EncoderInput & { kind: 'url' }): string =>
  PROTOCOLS[protocol].transports[fence ? 'fenced' : 'direct'];

const isRtsp = (protocol: UrlProtocol): boolean => protocol === 'rtsp' || protocol === 'rtsps';

// Decode by slices, because each frame thread would hold back a picture. What was read to find the tracks is played as
// well ("nobuffer" would throw it away, and with it the only keyframe for seconds).
const lowDelay = (isPatient: boolean): string[] => [
  ...['-fflags', '+genpts', '-thread_type', 'slice'],
  ...(isPatient ? LIVE_PATIENT : ['-probesize', '1000000', '-analyzeduration', '1000000']),
];

/** A camera's pictures one after another: they were made when they came. */
export const isWithoutTimes = (container: string | undefined): boolean => container === 'mpjpeg';

function asItComes(container: string | undefined): string[] {
  // The newest segment; ffmpeg's own choice, the third one from the end, would be delay and nothing else.
  if (container === 'hls') return ['-live_start_index', '-1'];
  return isWithoutTimes(container) ? ['-use_wallclock_as_timestamps', '1'] : [];
}

function timeouts(protocol: UrlProtocol, libavformat: number, resumes: boolean): string[] {
  switch (protocol) {
    case 'http':
    case 'https':
      return [
        ...['-rw_timeout', IO_TIMEOUT_US],
        ...(resumes ? ['-reconnect', '1', '-reconnect_streamed', '1', '-reconnect_delay_max', '2'] : []),
      ];
    case 'rtmp':
    case 'rtmps':
      return ['-rw_timeout', IO_TIMEOUT_US];
    case 'rtsp':
    case 'rtsps':
      // Before libavformat 59, "timeout" meant: listen, and wait this long for a caller.
      return [libavformat >= 59 ? '-timeout' : '-stimeout', IO_TIMEOUT_US];
    case 'srt':
      return ['-timeout', IO_TIMEOUT_US];
  }
}
