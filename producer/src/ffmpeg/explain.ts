import type { JudgedSource } from '@topicast/sources';

const UNREADABLE = 'It holds no video or sound that ffmpeg can read.';

/** What ffmpeg says about the media itself: it would find the same again. */
const ABOUT_THE_MEDIA: readonly (readonly [RegExp, string])[] = [
  [
    /Invalid data found|moov atom not found|could not find codec parameters|Format not on whitelist|Unsupported codec|Decoder \(codec \w{1,30}\) not found|nothing was encoded/i,
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
const OUTAGE =
  /Cannot allocate memory|Resource temporarily unavailable|Too many open files|Input\/output error|Stale file handle|No space left/i;

const KNOWN: typeof ABOUT_THE_MEDIA = [
  ...ABOUT_THE_MEDIA,
  [/No such file/i, 'It does not exist.'],
  [/Permission denied/i, 'ffmpeg has no permission to open it.'],
  [/404|Not Found/, 'The server says that there is nothing at this address (404).'],
  [
    /401|403|Unauthorized|Forbidden/,
    'The server refuses access (401 or 403): check user name, password or key.',
  ],
  [/Connection refused/i, 'The server refuses the connection: is it running, and is the port right?'],
  [/timed out|Operation timed/i, 'The server does not answer.'],
  [/certificate/i, "The server's certificate is not valid for its name, or its signer is not trusted."],
  [/Failed to resolve|Name or service not known/i, 'The host name cannot be found.'],
  [/Protocol not found/i, 'This ffmpeg cannot open addresses of this kind: set FFMPEG_PATH to a newer one.'],
  [
    /Unknown encoder|Unrecognized option/i,
    'This ffmpeg lacks a feature that we need: set FFMPEG_PATH to a newer one.',
  ],
  // The fence answers so, too, and then says why.
  [/Server returned 5XX/i, 'The server has an error (5xx): try the address elsewhere, or wait.'],
  [
    /Server returned 4XX/i,
    'The server does not accept the request (4xx): it may want to be asked less often.',
  ],
];

const NOT_A_PAGE = 'The address of a web page that shows a video is not the address of the video.';

const end = (lines: readonly string[]): string => lines.slice(-8).join('\n');

/** Whether ffmpeg judged the media, rather than failed for a reason that may pass. */
export const isVerdictOnMedia = (lines: readonly string[]): boolean =>
  ABOUT_THE_MEDIA.some(([pattern]) => pattern.test(end(lines))) && !lines.some((line) => OUTAGE.test(line));

const SILENCES: typeof KNOWN = [
  [
    /no media has come by UDP|UDP timeout/,
    'The server sends by UDP only, and nothing arrives here: let it send by TCP, or open the firewall for UDP.',
  ],
];

/** The same for a source that says nothing. */
export const explainSilence = (lines: readonly string[]): string =>
  SILENCES.find(([pattern]) => pattern.test(end(lines)))?.[1] ?? 'The source has stopped sending.';

/** One line for the streamer, from ffmpeg's last lines; the lines themselves are shown beside it. */
export function explain(source: JudgedSource, lines: readonly string[], how: string): string {
  const text = end(lines);
  const what = { test: 'The test picture', file: 'The file', url: 'The address', device: 'The device' }[
    source.kind
  ];
  const reason = KNOWN.find(([pattern]) => pattern.test(text))?.[1];
  if (reason) {
    const remedy = reason === UNREADABLE && source.kind === 'url' ? ` ${NOT_A_PAGE}` : '';
    return `${what} cannot be streamed. ${reason}${remedy}`;
  }
  const last = lines.at(-1);
  return `${what} stopped (${how})${last ? `: ${last}` : '.'}`;
}
