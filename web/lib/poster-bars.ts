/** FNV-1a with murmur3's finish, 32 bits. Without it, texts that differ at their end have similar high bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

interface PosterShape {
  /** Degrees on the colour circle. */
  readonly hue: number;
  /** Heights of the bars, 0..1, oldest first. */
  readonly bars: readonly number[];
}

/** The picture of a stream while no frame is shown; the same id always gives the same picture. */
export function posterShape(id: string, count: number): PosterShape {
  const seed = hash(id);
  const bars = Array.from({ length: count }, (_, at) => {
    const noise = hash(`${id}/${at}`) / 0xffffffff;
    const swell = 0.5 + 0.5 * Math.sin((at / count) * 5 + (seed % 7));
    return 0.12 + 0.88 * swell * (0.35 + 0.65 * noise);
  });
  return { hue: seed % 360, bars };
}
