/// <reference path="./mux.d.ts" />
import id3 from 'mux.js/lib/tools/parse-id3.js';

/** A frame of an ID3 tag. The fields have the names that Safari and hls.js use. */
export interface Id3Frame {
  /** TXXX, PRIV and so on (id3.org, ID3v2.4.0 4). */
  readonly key: string;
  /** The description of a TXXX or WXXX frame, or the owner of a PRIV frame; otherwise empty. */
  readonly info: string;
  /** The text or address of the frame if it has one in UTF-8, otherwise its bytes. */
  readonly data: string | Uint8Array;
}

const HEADER_BYTES = 10;
/**
 * "ID3", version 2.4.0. FFmpeg 5.1 and older mistake the first five bytes of each PES packet of metadata for the header
 * of an access unit (ISO 13818-1 2.12.4), which ID3 does not have, and drop them.
 */
const BEGINNING = [0x49, 0x44, 0x33, 4, 0];

/** All frames of the tags in a PES packet, up to the first damaged tag. Never throws on any input. */
export function readId3(pes: Uint8Array): Id3Frame[] {
  const isWhole = BEGINNING.slice(0, 3).every((byte, at) => byte === pes[at]);
  const tags = isWhole ? pes : Uint8Array.from([...BEGINNING, ...pes]);
  const frames: Id3Frame[] = [];
  for (let at = 0; at < tags.byteLength; ) {
    const size = HEADER_BYTES + id3.parseSyncSafeInteger(tags.subarray(at + 6, at + HEADER_BYTES));
    const found = at + size <= tags.byteLength ? framesOf(tags.subarray(at, at + size)) : undefined;
    if (!found) break;
    frames.push(...found);
    at += size;
  }
  return frames;
}

function framesOf(tag: Uint8Array): Id3Frame[] | undefined {
  try {
    return id3.parseId3Frames(tag)?.map(({ key, data, value, url, description, owner }) => ({
      key,
      info: description ?? owner ?? '',
      data: value ?? url ?? data,
    }));
  } catch {
    // The text is not UTF-8.
    return undefined;
  }
}
