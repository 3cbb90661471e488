/** Reads back the output of fmp4/: the boxes of ISO 14496-12 as plain values. */
interface Box {
  readonly type: string;
  readonly body: Uint8Array;
}

export function boxesOf(bytes: Uint8Array): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const size = viewOf(bytes).getUint32(at);
    if (size < 8 || at + size > bytes.byteLength) throw new Error(`box of ${size} bytes at ${at}`);
    boxes.push({
      type: String.fromCharCode(...bytes.subarray(at + 4, at + 8)),
      body: bytes.subarray(at + 8, at + size),
    });
    at += size;
  }
  return boxes;
}

/** The box down this path, as `moov/trak/tkhd`. */
export function boxAt(bytes: Uint8Array, path: string): Uint8Array {
  return path.split('/').reduce((body, type) => {
    const box = boxesOf(body).find((candidate) => candidate.type === type);
    if (!box) throw new Error(`no ${type} on the path ${path}`);
    return box.body;
  }, bytes);
}

interface Sample {
  readonly duration: number;
  readonly sync: boolean | undefined;
  readonly compositionOffset: number | undefined;
  readonly data: Uint8Array;
}

/** A fragment of one track: its decode time, in units of the track's time scale, and its samples. */
export function readFragment(bytes: Uint8Array): { decodeTime: number; sequence: number; samples: Sample[] } {
  const tfdt = viewOf(boxAt(bytes, 'moof/traf/tfdt'));
  const trun = viewOf(boxAt(bytes, 'moof/traf/trun'));
  const isVideo = (trun.getUint32(0) & 0x800) !== 0;
  let data = trun.getUint32(8);
  const samples = Array.from({ length: trun.getUint32(4) }, (_, i) => {
    const at = 12 + i * (isVideo ? 16 : 8);
    const size = trun.getUint32(at + 4);
    data += size;
    return {
      duration: trun.getUint32(at),
      sync: isVideo ? (trun.getUint32(at + 8) & 0x10000) === 0 : undefined,
      compositionOffset: isVideo ? trun.getUint32(at + 12) : undefined,
      data: bytes.subarray(data - size, data),
    };
  });
  if (data !== bytes.byteLength)
    throw new Error(`samples end at ${data}, the fragment at ${bytes.byteLength}`);
  const sequence = viewOf(boxAt(bytes, 'moof/mfhd')).getUint32(4);
  return { decodeTime: Number(tfdt.getBigUint64(4)), sequence, samples };
}

/** The types of the NAL units in a sample, each of which follows its length. */
export function nalTypesOf(sample: Uint8Array): number[] {
  const types: number[] = [];
  for (let at = 0; at < sample.byteLength; at += 4 + viewOf(sample).getUint32(at))
    types.push(sample[at + 4]! & 0x1f);
  return types;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
