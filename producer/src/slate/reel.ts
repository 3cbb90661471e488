import type { Track, VideoTrack } from '@topicast/contracts/catalog';
import { TICKS_PER_SECOND, type Ticks90k, ticks90k } from '@topicast/contracts/units';
import { type AudioPid, ChunkReader, type VideoPid, type WrittenTrack } from '@topicast/media/mpegts';
import { silenceFor } from './silence.js';
import { encodeStill, PICTURES_PER_SECOND } from './still-picture.js';
import type { Tool } from './tool.js';

/** A second of the slate, ready to be repeated: a keyframe, and pictures that change nothing. */
export interface Reel {
  readonly picture: ReelPicture | undefined;
  readonly sounds: readonly ReelSound[];
}

export interface ReelPicture {
  readonly track: WrittenTrack;
  /** Access units in Annex B; the first one is a keyframe. None is shown before it is decoded, or later. */
  readonly units: readonly Uint8Array[];
  readonly interval: Ticks90k;
}

/** One frame of silence, for one track. */
export interface ReelSound {
  readonly track: WrittenTrack;
  readonly frame: Uint8Array;
  readonly interval: Ticks90k;
}

/** What a reel is made from. */
export interface ReelModel {
  /** A chunk of the stream that begins with its tables and has a keyframe, or nothing but sound. */
  readonly keyframe: Uint8Array;
  /** What its tracks are. */
  readonly tracks: readonly Track[];
}

/** ISO 13818-1 table 2-22. */
const STREAM_ID = { video: 0xe0, audio: 0xc0, private: 0xbd } as const;
const STREAM_TYPE_PRIVATE_PES = 0x06;

/**
 * The last picture, dimmed, and silence, with the codecs, the size and the PIDs of the stream.
 * @throws an Error that says in words for the streamer why there can be none
 */
export async function makeReel({ keyframe, tracks }: ReelModel, tool: Tool): Promise<Reel> {
  const reader = new ChunkReader();
  reader.read(keyframe);
  const shown = reader.tracks.find((each): each is VideoPid => each.kind === 'video');
  const heard = reader.tracks.filter((each): each is AudioPid => each.kind === 'audio');
  const facts = tracks.find((track): track is VideoTrack => track.kind === 'video');
  const [picture, sounds] = await Promise.all([
    shown && pictureOf(shown, facts, keyframe, tool),
    Promise.all(heard.map((track) => soundOf(track, tracks, tool))),
  ]);
  const reel = { picture, sounds: sounds.filter((each) => each !== undefined) };
  if (!reel.picture && reel.sounds.length === 0) throw new Error('nothing is known about its tracks');
  return reel;
}

async function pictureOf(
  { codec, stream }: VideoPid,
  facts: VideoTrack | undefined,
  keyframe: Uint8Array,
  tool: Tool,
): Promise<ReelPicture> {
  const encoded = await encodeStill({ format: codec.format, facts, keyframe }, tool);
  return {
    track: { ...stream, streamId: STREAM_ID.video },
    units: encoded,
    interval: ticks90k(TICKS_PER_SECOND / PICTURES_PER_SECOND),
  };
}

async function soundOf(
  { pid, stream, codec }: AudioPid,
  tracks: readonly Track[],
  tool: Tool,
): Promise<ReelSound | undefined> {
  const facts = tracks.find((track) => track.kind === 'audio' && track.pid === pid);
  if (facts?.kind !== 'audio' || !facts.sampleRate || !facts.channels) return undefined;
  const { sampleRate, channels } = facts;
  const { frame, interval } = await silenceFor({ format: codec.format, sampleRate, channels }, tool);
  const streamId = stream.type === STREAM_TYPE_PRIVATE_PES ? STREAM_ID.private : STREAM_ID.audio;
  return { track: { ...stream, streamId }, frame, interval };
}
