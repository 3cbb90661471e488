import type { JudgedSource, UrlProtocol } from '@topicast/sources';
import { expect, it } from 'vitest';
import { explain, explainSilence, isVerdictOnMedia } from './explain.js';
import { ABOUT_THE_MEDIA, BY_PROTOCOL, COMMON, LOCKED, SILENCES } from './reasons.js';

it.each([
  ['film.mp4: Invalid data found when processing input', true],
  ['[mov,mp4,m4a,3gp,3g2,mj2] moov atom not found', true],
  ["Stream map '0:V:0' matches no streams.", true],
  ['Decoder (codec av1) not found for input stream #0:0', true],
  ['Error while filtering: Generic error in an external library', true],
  ['film.mp4: Cannot allocate memory', false],
  ['Error while opening encoder: Resource temporarily unavailable', false],
  ['file:film.mp4: Too many open files', false],
  ['file:film.mp4: Input/output error', false],
  ['file:film.mp4: Permission denied', false],
  ["Unknown encoder 'libx264'", false],
  ['', false],
])('whether %j is a verdict on the media: %s', (line, expected) => {
  expect(isVerdictOnMedia([line])).toBe(expected);
  expect(isVerdictOnMedia(['pthread_create failed: Resource temporarily unavailable', line])).toBe(false);
});

const url = (protocol: UrlProtocol): JudgedSource => ({
  ...{ kind: 'url', url: `${protocol}://a/`, protocol, copy: false, fenced: false, listens: false },
});

/** What ffmpeg said to real servers; `n4`, `n5` and `n9` are its versions. */
const SAID: readonly (readonly [UrlProtocol, string, readonly string[], RegExp])[] = [
  ['https', 'a name', ['https://a/certificate.mp4: Invalid data found when processing input'], /web page/],
  ['http', 'n5 a page', ['http://a/html: Invalid data found when processing input'], /web page/],
  [
    'http',
    'n5',
    ['[http] HTTP error 404 Not Found', 'http://a/gone: Server returned 404 Not Found'],
    /nothing at this address \(404\)/,
  ],
  ['http', 'n4', ['http://a/x: Server returned 401 Unauthorized (authorization failed)'], /401.*password/],
  ['http', 'n4', ['http://a/x: Server returned 403 Forbidden (access denied)'], /403/],
  [
    'http',
    'n5',
    [
      '[http] HTTP error 410 Gone',
      'http://a/x: Server returned 4XX Client Error, but not one of 40{0,1,3,4}',
    ],
    /gone for good/,
  ],
  [
    'http',
    'n4',
    [
      '[http] HTTP error 429 Too Many Requests',
      'http://a/x: Server returned 4XX Client Error, but not one of 40{0,1,3,4}',
    ],
    /less often/,
  ],
  ['http', 'n9', ['Error opening input files: Server returned 429 Too Many Requests'], /less often/],
  ['http', 'n5', ['http://a/s500: Server returned 5XX Server Error reply'], /5xx/],
  ['http', 'n5 a redirect to itself', ['http://a:40401/loop: Input/output error'], /without an end/],
  ['http', 'n4 a TLS server', ['http://a/film.ts: End of file'], /TLS/],
  [
    'http',
    'n9 a TLS server',
    ['[http] Error reading HTTP response: End of file', '[in#0] Error opening input: End of file'],
    /TLS/,
  ],
  [
    'https',
    'n5 a plain server',
    ['[tls] An unexpected TLS packet was received.', 'https://a/film.ts: Input/output error'],
    /does not speak TLS/,
  ],
  [
    'https',
    'n9 a plain server',
    [
      '[tls] error:0A00010B:SSL routines::wrong version number',
      '[in#0] Error opening input: Input/output error',
    ],
    /does not speak TLS/,
  ],
  [
    'https',
    'n9 a stranger',
    [
      '[tls] error:0A000086:SSL routines::certificate verify failed',
      '[in#0] Error opening input: Input/output error',
    ],
    /certificate/,
  ],
  [
    'http',
    'n4 SAMPLE-AES',
    [
      '[hls,applehttp] SAMPLE-AES encryption is not supported yet',
      '[hls,applehttp] Failed to open segment 0 of playlist 0',
      "[hls,applehttp] Error when loading first segment 'http://a/film0.ts'",
      'http://a/sample.m3u8: Invalid data found when processing input',
    ],
    /encrypted.*DRM/,
  ],
  [
    'http',
    'n9 a key of FairPlay',
    [
      '[in#0] Unable to open key file skd://key, Invalid data found when processing input',
      '[in#0] Failed to open segment 0 of playlist 0',
      "[in#0] Error when loading first segment 'http://a/film0.ts'",
      '[in#0] Error opening input: Invalid data found when processing input',
    ],
    /encrypted.*DRM/,
  ],
  [
    'http',
    'n5 segments that are gone',
    [
      '[http] HTTP error 404 Not Found',
      '[hls] Failed to open segment 0 of playlist 0',
      "[hls] Error when loading first segment 'http://a/gone0.ts'",
      'http://a/gone.m3u8: Invalid data found when processing input',
    ],
    /playlist can be read/,
  ],
  [
    'http',
    'n5',
    [
      '[tcp] Failed to resolve hostname no.such.host.invalid: Name or service not known',
      'http://no.such.host.invalid/x: Input/output error',
    ],
    /host name cannot be found/,
  ],
  ['rtmp', 'n4, which dies of it', [], /host name/],
  [
    'rtmp',
    'n5',
    [
      '[tcp] Connection to tcp://a:9?*** failed: Connection refused',
      '[rtmp] Cannot open connection tcp://a:9?***',
    ],
    /refuses the connection/,
  ],
  ['rtmp', 'n5 no such application', ['rtmp://a:40403/nope/x: Input/output error'], /application or key/],
  [
    'rtmp',
    'n9 no such application',
    ['[in#0] Error opening input: Input/output error'],
    /application or key/,
  ],
  [
    'rtmp',
    'n4',
    ['[rtmp] Server error: authentication failed', 'rtmp://a/cam?*** Operation not permitted'],
    /password/,
  ],
  [
    'rtmp',
    'n5 a web server',
    ['[rtmp] Cannot read RTMP handshake response', 'rtmp://a/live/x: End of file'],
    /does not speak RTMP/,
  ],
  [
    'rtmp',
    'n5 nothing is said',
    ['[rtmp] Cannot read RTMP handshake response', 'rtmp://a/live/x: Connection timed out'],
    /does not answer/,
  ],
  [
    'rtmps',
    'n4 a plain server',
    ['[tls] Error in the pull function.', 'rtmps://a/live/x: Input/output error'],
    /does not speak TLS/,
  ],
  [
    'rtsp',
    'n5',
    ['[rtsp] method DESCRIBE failed: 404 Not Found', 'rtsp://a/nobody: Server returned 404 Not Found'],
    /404/,
  ],
  [
    'rtsp',
    'n9',
    ['[in#0] method DESCRIBE failed: 401 (Unauthorized)', 'Error opening input file rtsp://***@a/cam.'],
    /401.*user name and password/,
  ],
  [
    'rtsp',
    'n5 a web server',
    ['rtsp://a/x: Invalid data found when processing input'],
    /does not speak RTSP/,
  ],
  [
    'rtsp',
    'n9 a web server',
    [
      '[in#0] Failed reading RTSP data: End of file',
      '[in#0] Error opening input: Invalid data found when processing input',
    ],
    /does not speak RTSP/,
  ],
  [
    'rtsp',
    'n5 multicast only',
    ['[rtsp] method SETUP failed: 461 Unsupported Transport', 'rtsp://a/cam: Protocol not supported'],
    /nor by UDP.*switch on/,
  ],
  [
    'rtsp',
    'n4 UDP that does not arrive',
    [
      '[rtsp] method SETUP failed: 461 Unsupported Transport',
      'rtsp://a/cam: could not find codec parameters',
    ],
    /firewall/,
  ],
  [
    'rtsp',
    'n9 the same behind the fence',
    ['Error opening input files: Connection timed out', 'a:554: no media has come by UDP'],
    /firewall/,
  ],
  [
    'rtsps',
    'n9 UDP only',
    [
      '[in#0] method SETUP failed: 461 (Unsupported Transport)',
      '[in#0] Error opening input: Protocol not supported',
    ],
    /encrypted connection: switch on/,
  ],
  [
    'srt',
    'n5',
    [
      '20:53:45.590036/SRT:RcvQ:w1!W:SRT.cn: processAsyncConnectRequest: REJECT reported from HS processing: Incorrect passphrase - not processing further',
      '[srt] Connection to srt://a:28891?*** failed: Input/output error',
    ],
    /passphrase is not the one/,
  ],
  [
    'srt',
    'n5',
    [
      '20:38:26.914107/SRT:RcvQ:w1!W:SRT.cn: processAsyncConnectRequest: REJECT reported from HS processing: Password required or unexpected - not processing further',
      '[srt] Connection to srt://a:29001 failed: Input/output error',
    ],
    /One end has a passphrase/,
  ],
  [
    'srt',
    'n9',
    [
      '[srt] Connection to srt://a:28891?*** failed: Input/output error',
      '[in#0] Error opening input: Input/output error',
    ],
    /Nobody answers there.*passphrase/,
  ],
  [
    'srt',
    'n5',
    ['[srt] failed to set option SRTO_PASSPHRASE on socket: Operation not supported: Bad parameters'],
    /from 10 to 79/,
  ],
  [
    'srt',
    'n9 a wrong stream id',
    [
      '20:53:39.058312/SRT:RcvQ:w1!W:SRT.cn: @928472619: processAsyncConnectRequest: REJECT reported from HS processing: Peer rejected connection - not processing further',
      '[srt] Connection to srt://a:28890?*** failed: Input/output error',
    ],
    /stream id/,
  ],
  [
    'srt',
    'n5',
    [
      '[srt] Connection setup failure: unable to create/configure SRT socket',
      'srt://0.0.0.0:9000?*** Address already in use',
    ],
    /choose another/,
  ],
];

it.each(SAID)('says what was found at %s (%s)', (protocol, _, lines, expected) => {
  const said = explain(url(protocol), lines, 'exit code 1');
  expect(said).toMatch(expected);
  expect(said).toMatch(/^The address /);
});

it.each([
  [['[mov,mp4,m4a,3gp,3g2,mj2] moov atom not found', 'file:a.mp4: Invalid data found'], /not complete/],
  [
    [
      '[mov] Format mov detected only with low score of 1, misdetection possible!',
      '[mov] moov atom not found',
    ],
    /no video or sound/,
  ],
  [["[png_pipe] Format not on whitelist 'mov,matroska'", 'file:a.png: Invalid argument'], /still picture/],
  [['Error while filtering: Invalid argument', 'Conversion failed!'], /cannot convert/],
  [['nobody has seen this before', 'Conversion failed!'], /stopped \(exit code 1\): Conversion failed!/],
])('says what is wrong with a file: %j', (lines, expected) => {
  expect(explain({ kind: 'file', path: 'a', copy: false }, lines, 'exit code 1')).toMatch(expected);
});

it('says why nothing comes by UDP', () => {
  expect(explainSilence(['a:554: no media has come by UDP'], false)).toMatch(/firewall/);
  expect(explainSilence([], true)).toBe('The source has stopped sending.');
  expect(explainSilence([], false)).toMatch(/does anybody send/);
});

it('takes no longer for hostile text than the text is long', () => {
  const patterns = [ABOUT_THE_MEDIA, COMMON, LOCKED, SILENCES, ...Object.values(BY_PROTOCOL)].flat();
  const pieces = [
    'srt://a',
    'Connection to srt:',
    'rtsp://',
    'method A',
    'codec (',
    '461 Unsupported ',
    'Decoder (codec a',
    ' ',
  ];
  for (const [pattern] of patterns) {
    for (const piece of pieces) {
      const text = piece.repeat(200_000 / piece.length);
      const began = performance.now();
      pattern.test(text);
      expect(performance.now() - began, `${pattern} ${piece}`).toBeLessThan(500);
    }
  }
});
