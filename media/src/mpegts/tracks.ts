import type { DataTrack } from '@topicast/contracts/catalog';
import type { AudioCodec, VideoCodec } from '../codec/codec.js';
import { AUDIO_CODECS, VIDEO_CODECS } from '../codec/table.js';
import { findDescriptor, languageOf, registrationOf } from './descriptors.js';
import type { ElementaryStream, Programme } from './tables.js';

/** What one PID of a programme carries. */
export type ProgrammeTrack = VideoPid | AudioPid | DataPid;

export interface VideoPid {
  readonly kind: 'video';
  readonly pid: number;
  readonly stream: ElementaryStream;
  readonly codec: VideoCodec;
}

export interface AudioPid {
  readonly kind: 'audio';
  readonly pid: number;
  readonly stream: ElementaryStream;
  readonly codec: AudioCodec;
  readonly language: string | undefined;
}

export interface DataPid {
  readonly kind: 'data';
  readonly pid: number;
  readonly stream: ElementaryStream;
  readonly format: DataTrack['format'];
  /** It carries sections, which have no time stamps, instead of PES packets. */
  readonly inSections: boolean;
  readonly language: string | undefined;
}

/** As many as a catalog may name. */
const MAX_TRACKS = 32;

const STREAM_TYPE_PRIVATE_PES = 0x06;
/** Metadata in PES packets (ISO 13818-1 2.12). */
const STREAM_TYPE_METADATA = 0x15;
/** ANSI/SCTE 35 8.1. */
const STREAM_TYPE_SCTE_35 = 0x86;

/** Registrations (SMPTE RA) and descriptors (EN 300 468 6.1) of sound in private PES packets, which is not data. */
const SOUND_REGISTRATIONS = new Set(['AC-3', 'EAC3', 'AC-4', 'DTS1', 'DTS2', 'DTS3', 'BSSD', 'Opus']);
const SOUND_DESCRIPTORS = [0x6a, 0x7a, 0x7b, 0x81];

/** The tracks that we carry, in the order of the PMT: the first video track, and all audio and data tracks. */
export function tracksOf(programme: Programme): ProgrammeTrack[] {
  const tracks: ProgrammeTrack[] = [];
  for (const stream of programme.streams) {
    const track = trackOf(stream);
    const isSecondVideo = track?.kind === 'video' && tracks.some(({ kind }) => kind === 'video');
    const isKnownPid = tracks.some(({ pid }) => pid === stream.pid);
    if (track && !isSecondVideo && !isKnownPid && tracks.length < MAX_TRACKS) tracks.push(track);
  }
  return tracks;
}

/** The tracks of a kind, with the fields of that kind. */
export const ofKind = <Kind extends ProgrammeTrack['kind']>(
  tracks: readonly ProgrammeTrack[],
  kind: Kind,
): Extract<ProgrammeTrack, { kind: Kind }>[] =>
  tracks.filter((track): track is Extract<ProgrammeTrack, { kind: Kind }> => track.kind === kind);

function trackOf(stream: ElementaryStream): ProgrammeTrack | undefined {
  const { pid, descriptors } = stream;
  const video = VIDEO_CODECS.find((codec) => codec.isCarriedBy(stream));
  if (video) return { kind: 'video', pid, stream, codec: video };
  const audio = AUDIO_CODECS.find((codec) => codec.isCarriedBy(stream));
  if (audio) return { kind: 'audio', pid, stream, codec: audio, language: languageOf(descriptors) };
  const format = dataFormatOf(stream);
  if (!format) return undefined;
  return {
    kind: 'data',
    pid,
    stream,
    format,
    inSections: stream.type === STREAM_TYPE_SCTE_35,
    language: languageOf(descriptors),
  };
}

function dataFormatOf({ type, descriptors }: ElementaryStream): DataTrack['format'] | undefined {
  const registration = registrationOf(descriptors);
  switch (type) {
    case STREAM_TYPE_SCTE_35:
      // Blu-ray discs use this type for DTS-HD sound.
      return registration === 'HDMV' ? undefined : 'scte35';
    case STREAM_TYPE_METADATA:
      return holds(descriptors, 'KLVA') ? 'klv' : holds(descriptors, 'ID3 ') ? 'id3' : 'other';
    case STREAM_TYPE_PRIVATE_PES:
      if (registration === 'KLVA') return 'klv';
      if (registration === 'ID3 ') return 'id3';
      return isSound(descriptors, registration) ? undefined : 'other';
    default:
      return undefined;
  }
}

const isSound = (descriptors: Uint8Array, registration: string | undefined): boolean =>
  SOUND_REGISTRATIONS.has(registration ?? '') ||
  SOUND_DESCRIPTORS.some((tag) => findDescriptor(descriptors, tag) !== undefined);

/** A format identifier is in the registration or in the metadata descriptor (2.6.60), at several places. */
const holds = (descriptors: Uint8Array, identifier: string): boolean =>
  String.fromCharCode(...descriptors).includes(identifier);
