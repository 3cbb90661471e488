/** What a peer sent is not RTMP, or more of it than we take. The connection ends with it. */
export class WireError extends Error {
  override readonly name = 'WireError';
}
