/** By the first part of an RFC 6381 name. */
const NAMES: Readonly<Record<string, string>> = {
  avc1: 'H.264',
  avc3: 'H.264',
  hvc1: 'HEVC',
  hev1: 'HEVC',
  av01: 'AV1',
  vp09: 'VP9',
  mp4a: 'AAC',
  opus: 'Opus',
};

/** The common name of an RFC 6381 codec: `avc1.64001f` is `H.264`. An unknown codec is returned unchanged. */
export const codecName = (codec: string): string => NAMES[codec.split('.')[0]?.toLowerCase() ?? ''] ?? codec;
