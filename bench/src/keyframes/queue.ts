/**
 * How long after it is made each picture has left a sender whose link carries this many bits a second, in ms: its own
 * time on the link, and that of the pictures in front of it.
 */
export function delaysOnLink(sizes: readonly number[], pictureRate: number, bitsPerSecond: number): number[] {
  let free = 0;
  return sizes.map((bytes, picture) => {
    const madeMs = (picture * 1000) / pictureRate;
    free = Math.max(free, madeMs) + (bytes * 8 * 1000) / bitsPerSecond;
    return free - madeMs;
  });
}
