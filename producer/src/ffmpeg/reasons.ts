import type { UrlProtocol } from '@topicast/sources';

/** What ffmpeg says, and what it means to a streamer. No pattern may take longer than the text is long. */
export type Reason = readonly [pattern: RegExp, meaning: string];

export const UNREADABLE = 'It holds no video or sound that ffmpeg can read.';

/** What ffmpeg says about the media itself: it would find the same again. */
export const ABOUT_THE_MEDIA: readonly Reason[] = [
  [/detected only with low score/, UNREADABLE],
  [/moov atom not found/, 'It is not complete: it was cut off, or somebody is still writing it (no "moov").'],
  [/_pipe\] Format not on whitelist/, 'It is a still picture, and no film.'],
  [
    /Unsupported codec|codec \(\w{1,8}\) is not implemented|Decoder \(codec \w{1,30}\) not found/i,
    'This ffmpeg does not know its codec: send H.264 and AAC, or set FFMPEG_PATH to a newer one.',
  ],
  [
    /Invalid data found|could not find codec parameters|Format not on whitelist|nothing was encoded/i,
    UNREADABLE,
  ],
  [
    /Error while filtering|Failed to inject frame|Error reinitializing filters|Failed to configure output pad/i,
    'ffmpeg cannot convert its picture or its sound.',
  ],
  [/Stream map '0:V:0' matches no streams/, 'It has no picture, which a ladder needs.'],
  [/does not contain any stream|matches no streams/i, 'It has neither video nor sound.'],
];

/** The machine lacks something, so whatever else ffmpeg says may be wrong. */
export const OUTAGE =
  /Cannot allocate memory|Resource temporarily unavailable|Too many open files|Input\/output error|Stale file handle|No space left/i;

/** What other lines follow that say less. */
export const LOCKED: readonly Reason[] = [
  [
    /SAMPLE-AES encryption is not supported|Unable to open key file/,
    'It is encrypted, and its key cannot be had. What is protected by DRM cannot be streamed; other keys have to be served to us as well.',
  ],
];

/** A status of HTTP and RTSP, and no other number. */
const status = (codes: string): RegExp =>
  new RegExp(`(?:HTTP error|Server returned|method [A-Z_]{1,20} failed:) (?:${codes})(?!\\w)`);

/** What any kind of source may say. */
export const COMMON: readonly Reason[] = [
  [/No such file/i, 'It does not exist.'],
  [/Permission denied/i, 'ffmpeg has no permission to open it.'],
  [/Is a directory/i, 'It is a folder.'],
  [
    /Error when loading first segment|Failed to open segment/,
    'Its playlist can be read, and what the playlist names cannot: the server has it no longer, or refuses it.',
  ],
  [status('404'), 'The server says that there is nothing at this address (404).'],
  [status('410'), 'The server says that this address is gone for good (410).'],
  [status('401'), 'The server refuses access (401 Unauthorized): check user name and password.'],
  [
    status('403'),
    'The server refuses access (403 Forbidden): check user name and password, or the key, and whether we may have it.',
  ],
  [status('429'), 'The server wants to be asked less often (429): wait, or ask who runs it.'],
  [
    /Connection refused|refused the connection/i,
    'The server refuses the connection: is it running, and is the port right?',
  ],
  [/Failed to resolve|Name or service not known/i, 'The host name cannot be found: is it written right?'],
  [/No route to host|Network is unreachable/i, 'There is no way from here to the server: check the network.'],
  [
    /unexpected TLS packet|wrong version number|Error in the pull function|wrong_version_number/i,
    'The server does not speak TLS at this port: leave out the "s" in https, rtmps or rtsps, or name the right port.',
  ],
  [
    // As a word, and not in an address.
    /(?:^|[\s:("'])certificate(?:'s)?(?:[\s,:)]|$)/im,
    "The server's certificate is not valid for its name, or its signer is not trusted.",
  ],
  [/timed out|Operation timed/i, 'The server does not answer.'],
  [/Protocol not found/i, 'This ffmpeg cannot open addresses of this kind: set FFMPEG_PATH to a newer one.'],
  [
    /Unknown encoder|Unrecognized option/i,
    'This ffmpeg lacks a feature that we need: set FFMPEG_PATH to a newer one.',
  ],
  // The fence answers so, too, and then says why.
  [/Server returned 5XX/i, 'The server has an error (5xx): try the address elsewhere, or wait.'],
  [/Server returned 4XX/i, 'The server does not accept the request (4xx).'],
];

const HTTP: readonly Reason[] = [
  [
    /: End of file/,
    'The server closes the connection without an answer: does it want TLS (https), or another port?',
  ],
  [
    /: Input\/output error/,
    'The connection breaks off, or the server sends us from one address to the next without an end.',
  ],
];

const RTMP: readonly Reason[] = [
  [
    /authentication failed|Connect\.Rejected|Operation not permitted/,
    'The server refuses access: check user name and password, or the key.',
  ],
  [
    /handshake response|: End of file/,
    'What answers there does not speak RTMP: check the port, and whether it wants TLS (rtmps).',
  ],
  [
    /: Input\/output error/,
    'The server ends the connection: it does not know this application or key, wants a password, or nobody sends there yet.',
  ],
];

const RTSP: readonly Reason[] = [
  [
    /Failed reading RTSP data|(?:rtsps?:\/\/\S{1,300}|Error opening input): Invalid data found/,
    'What answers there does not speak RTSP, or offers no stream: check the port and the path.',
  ],
];
const BY_TCP_ONLY = 'switch on RTSP over TCP ("interleaved") there.';
const REFUSED_TRANSPORT = /Protocol not supported/;

const SRT: readonly Reason[] = [
  [/Incorrect passphrase|BADSECRET/, 'The passphrase is not the one that the other end has.'],
  [
    /Password required or unexpected|ERROR:UNSECURE/,
    'One end has a passphrase, and the other one has none: add ?passphrase=… to the address, or remove it.',
  ],
  [/SRTO_PASSPHRASE/, 'A passphrase has from 10 to 79 characters.'],
  [
    /Peer rejected connection|ERROR:PEER/,
    'The other end turns us away: check the stream id, and the user name and password in it.',
  ],
  [/Address already in use/i, 'Another program or stream uses this port: choose another one.'],
  [
    /Connection to srt:\S{1,300} failed|: Input\/output error/,
    'Nobody answers there, or the other end turns us away: check the host, the port, the passphrase and the stream id, and whether it listens.',
  ],
];

/** What is said about addresses of this kind, and about no others. */
export const BY_PROTOCOL: Readonly<Record<UrlProtocol, readonly Reason[]>> = {
  http: HTTP,
  https: HTTP,
  rtmp: RTMP,
  rtmps: RTMP,
  rtsp: [
    [REFUSED_TRANSPORT, `The server sends neither inside of the connection nor by UDP: ${BY_TCP_ONLY}`],
    ...RTSP,
  ],
  rtsps: [
    [REFUSED_TRANSPORT, `The server does not send inside of the encrypted connection: ${BY_TCP_ONLY}`],
    ...RTSP,
  ],
  srt: SRT,
};

/** Why nothing comes. A server that refuses TCP (461) has agreed to UDP if ffmpeg then waits for tracks. */
export const SILENCES: readonly Reason[] = [
  [
    /no media has come by UDP|UDP timeout|461 \(?Unsupported[\s\S]{0,2000}could not find codec parameters/i,
    'The server sends by UDP only, and nothing arrives here: let it send by TCP, or open the firewall for UDP.',
  ],
];
