import type { UrlProtocol } from '../source/check.js';
import { TEST_PICTURE } from '../test-picture/format.js';

/** A checked source, and how it is to be read. */
export type EncoderInput =
  | { readonly kind: 'test' }
  | { readonly kind: 'file'; readonly path: string }
  /** `paced`: a recording of known length, and not a live source. */
  | { readonly kind: 'url'; readonly url: string; readonly protocol: UrlProtocol; readonly paced: boolean }
  | { readonly kind: 'device'; readonly path: string; readonly system: 'linux' | 'darwin' };

/** Containers of media. Left out: playlists and scripts that name other files, still pictures, text shown as a screen. */
const CONTAINERS =
  'mov,matroska,mpegts,mpeg,mpegvideo,flv,live_flv,avi,asf,ogg,mxf,ivf,rm,gif,h264,hevc,m4v,mjpeg,wav,w64,aiff,mp3,aac,ac3,eac3,flac,caf';
const NETWORK_CONTAINERS = `${CONTAINERS},hls,dash,rtsp,mpjpeg`;

/** What ffmpeg may open on the way to an address of each kind; never a file. */
const TRANSPORTS: Record<UrlProtocol, string> = {
  http: 'http,https,tcp,tls,crypto,httpproxy',
  https: 'http,https,tcp,tls,crypto,httpproxy',
  rtmp: 'rtmp,tcp',
  rtmps: 'rtmps,tcp,tls',
  rtsp: 'rtsp,rtp,udp,tcp',
  rtsps: 'rtsp,rtp,udp,tcp,tls',
  srt: 'srt',
};

const IO_TIMEOUT_US = String(10_000_000);

/** Recordings: they begin again at their end, and come as fast as they are read. */
export const isLooped = (input: EncoderInput): boolean =>
  input.kind === 'file' || (input.kind === 'url' && input.paced);

/** Everything up to and including `-i`. */
export const inputArguments = (input: EncoderInput, libavformat: number): string[] => [
  ...(isLooped(input) ? ['-stream_loop', '-1'] : []),
  ...opening(input, libavformat),
];

/** The same without the loop, for looking at a source. */
export function opening(input: EncoderInput, libavformat: number): string[] {
  switch (input.kind) {
    case 'test':
      return TEST_PICTURE.input;
    case 'file':
      // A protocol in front: no character of the path means anything to ffmpeg.
      return ['-format_whitelist', CONTAINERS, '-protocol_whitelist', 'file', '-i', `file:${input.path}`];
    case 'url':
      return [
        ...['-format_whitelist', NETWORK_CONTAINERS, '-protocol_whitelist', TRANSPORTS[input.protocol]],
        ...(input.paced ? [] : lowDelay),
        ...timeouts(input.protocol, libavformat),
        ...['-i', input.url],
      ];
    case 'device':
      return input.system === 'darwin'
        ? ['-f', 'avfoundation', '-framerate', '30', '-i', input.path]
        : ['-f', 'v4l2', '-thread_queue_size', '64', '-i', input.path];
  }
}

// Decoding by slices: frame threads would each hold a picture back.
const lowDelay = [
  ...['-fflags', '+nobuffer+genpts', '-probesize', '1000000', '-analyzeduration', '1000000'],
  ...['-thread_type', 'slice'],
];

function timeouts(protocol: UrlProtocol, libavformat: number): string[] {
  switch (protocol) {
    case 'http':
    case 'https':
      return [
        '-rw_timeout',
        IO_TIMEOUT_US,
        '-reconnect',
        '1',
        '-reconnect_streamed',
        '1',
        '-reconnect_delay_max',
        '2',
      ];
    case 'rtmp':
    case 'rtmps':
      return ['-rw_timeout', IO_TIMEOUT_US];
    case 'rtsp':
    case 'rtsps':
      // Before libavformat 59 "timeout" meant: listen, and wait that long for a caller.
      return ['-rtsp_transport', 'tcp', libavformat >= 59 ? '-timeout' : '-stimeout', IO_TIMEOUT_US];
    case 'srt':
      return ['-timeout', IO_TIMEOUT_US];
  }
}
