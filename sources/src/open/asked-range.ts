/** Where the body that a request asks for begins; NaN if it asks for something else than bytes from a place on. */
export function askedFrom(range: string | undefined): number {
  return range === undefined ? 0 : Number(/^bytes=(\d{1,15})-/.exec(range)?.[1] ?? Number.NaN);
}

/**
 * Whether the body of an answer begins where it was asked to. ffmpeg believes a `Content-Range` in an answer of any
 * status, and reads the number in it more loosely than RFC 9110 14.4 writes it, so anything else is not passed on.
 */
export function beginsAsAsked(asked: number, status: number, contentRange: string | undefined): boolean {
  if (contentRange !== undefined) return Number(/^bytes (\d{1,15})-/.exec(contentRange)?.[1]) === asked;
  return status !== 206 || asked === 0;
}
