/**
 * The protocols of addresses that people may name. There are two ways to an address:
 * - direct, if no address needs to be judged: ffmpeg resolves, connects and follows by itself;
 * - fenced, if each address must be judged before a connection (see open/).
 */
export interface SourceProtocol {
  /**
   * How a fenced source is opened:
   * - `fetch`: each request of ffmpeg goes through a proxy of ours, which also does the TLS
   * - `tunnel`: RTSP inside HTTP, to our own proxy
   * - `relay`: ffmpeg connects to a port of ours, which leads to the judged address
   * - `pin`: the judged address replaces the name
   */
  readonly fenced: 'fetch' | 'tunnel' | 'relay' | 'pin';
  /** The port of an address without one; undefined if an address must name its port. */
  readonly port: number | undefined;
  readonly tls: boolean;
  /**
   * The ffmpeg options that the query may contain; undefined if the query belongs to the server. Other options could
   * choose another address or a file.
   */
  readonly options?: readonly string[];
  /** ffmpeg's own protocols on the way: never `file`, and behind a fence none that could get around it. */
  readonly transports: { readonly direct: string; readonly fenced: string };
}

const HTTP = { direct: 'http,https,tcp,tls,crypto,httpproxy', fenced: 'http,tcp,crypto' } as const;

export const PROTOCOLS = {
  http: { fenced: 'fetch', port: 80, tls: false, transports: HTTP },
  https: { fenced: 'fetch', port: 443, tls: true, transports: HTTP },
  rtmp: {
    ...{ fenced: 'relay', port: 1935, tls: false },
    transports: { direct: 'rtmp,tcp', fenced: 'rtmp,tcp' },
  },
  rtmps: {
    ...{ fenced: 'relay', port: 443, tls: true },
    transports: { direct: 'rtmps,tcp,tls', fenced: 'rtmp,tcp' },
  },
  rtsp: {
    ...{ fenced: 'tunnel', port: 554, tls: false },
    transports: { direct: 'rtsp,rtp,udp,tcp', fenced: 'http,tcp' },
  },
  rtsps: {
    ...{ fenced: 'tunnel', port: 322, tls: true },
    transports: { direct: 'rtsp,rtp,udp,tcp,tls', fenced: 'http,tcp' },
  },
  srt: {
    ...{ fenced: 'pin', port: undefined, tls: false },
    // From ffmpeg's libsrt.c, without the options that only a sender uses.
    options: [
      ...[
        'mode',
        'streamid',
        'srt_streamid',
        'passphrase',
        'pbkeylen',
        'enforced_encryption',
        'kmrefreshrate',
      ],
      ...[
        'kmpreannounce',
        'latency',
        'rcvlatency',
        'peerlatency',
        'tlpktdrop',
        'tsbpd',
        'lossmaxttl',
        'linger',
      ],
      ...['minversion', 'transtype', 'messageapi', 'smoother', 'connect_timeout', 'timeout', 'rw_timeout'],
      ...['listen_timeout', 'pkt_size', 'payload_size', 'mss', 'ffs', 'ipttl', 'iptos', 'maxbw', 'nakreport'],
      ...['recv_buffer_size', 'rcvbuf', 'send_buffer_size', 'sndbuf', 'inputbw', 'oheadbw', 'sndlatency'],
    ],
    transports: { direct: 'srt', fenced: 'srt' },
  },
} as const satisfies Record<string, SourceProtocol>;

export type UrlProtocol = keyof typeof PROTOCOLS;
export const URL_PROTOCOLS = Object.keys(PROTOCOLS) as readonly UrlProtocol[];

/** The row of the table, without the narrow types of its literals. */
export const protocolOf = (name: UrlProtocol): SourceProtocol => PROTOCOLS[name];
