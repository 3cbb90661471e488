const text = (of: string): number[] => [...of].map((letter) => letter.charCodeAt(0));
const size = (bytes: number): number[] => [0, 0, bytes >> 7, bytes & 0x7f];
const frame = (key: string, body: readonly number[]): number[] => [
  ...text(key),
  ...size(body.length),
  ...[0, 0],
  ...body,
];

/** An ID3v2.4 tag with a text frame of the user's own in UTF-8, and a private frame. */
export function id3Tag(description: string, value: string, owner = 'example.org'): Uint8Array {
  const frames = [
    ...frame('TXXX', [3, ...text(description), 0, ...text(value), 0]),
    ...frame('PRIV', [...text(owner), 0, 1, 2, 3]),
  ];
  return Uint8Array.from([...text('ID3'), 4, 0, 0, ...size(frames.length), ...frames]);
}

/** As Apple's tools announce timed metadata: a metadata descriptor with 'ID3 ' twice (ISO 13818-1 2.6.60). */
export const id3Track = (pid: number) => ({
  pid,
  type: 0x15,
  descriptors: Uint8Array.from([0x26, 13, 0xff, 0xff, ...text('ID3 '), 0xff, ...text('ID3 '), 0, 0x0f]),
});
