/**
 * Where a chunk begins: its rendition, the encoder's session, the record's offset in its partition, and the chunk's
 * index in that record. It is the resume token, and as text (`rendition.session.offset.part`) the payload of a raw
 * client's ping.
 */
export interface Position {
  /** The partition, 0 to {@link MAX_RENDITION}. */
  readonly rendition: number;
  /** Number of the session; 0 for topics that somebody else's producer writes. */
  readonly session: number;
  readonly offset: number;
  /**
   * 0 in our records, where one record is one chunk; other people's records may hold the beginnings of several chunks.
   */
  readonly part: number;
}

/** Renditions are partitions, and a chunk message has six bits for them. */
export const MAX_RENDITION = 63;

const POSITION_PATTERN = /^(0|[1-9]\d?)\.(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,4})$/;

export const formatPosition = ({ rendition, session, offset, part }: Position): string =>
  `${rendition}.${session}.${offset}.${part}`;

/** The position a text names, or undefined if it names none. */
export function parsePosition(text: string): Position | undefined {
  const match = POSITION_PATTERN.exec(text);
  if (!match) return undefined;
  const [rendition, session, offset, part] = match.slice(1).map(Number) as [number, number, number, number];
  const valid =
    rendition <= MAX_RENDITION &&
    Number.isSafeInteger(session) &&
    Number.isSafeInteger(offset) &&
    part <= 0xffff;
  return valid ? { rendition, session, offset, part } : undefined;
}

/**
 * Negative if a comes before b in their partition. Offsets alone decide: they never go back, whatever the session.
 * Positions of different renditions have no order: compare their decode times.
 */
export const comparePositions = (
  a: Pick<Position, 'offset' | 'part'>,
  b: Pick<Position, 'offset' | 'part'>,
): number => a.offset - b.offset || a.part - b.part;
