import { ENCODER_NAMES, type HardwareEncoder, type VideoEncoder } from '@topicast/contracts/encoding';
import { blamesHardware } from '../ffmpeg/trials.js';
import { FFMPEG_ENCODERS } from '../ffmpeg/video-encoder.js';
import type { RunEnd } from './run-end.js';

/** What encodes a stream, and what its streamer should know about it. */
export interface ChosenEncoder {
  readonly encoder: VideoEncoder;
  readonly note: string | undefined;
}

/** The encoder that was asked for, if it works here and has not failed in this stream; otherwise x264. */
export async function chooseEncoder(
  asked: VideoEncoder | undefined,
  hardware: Promise<ReadonlySet<HardwareEncoder>> | undefined,
  failed: HardwareEncoder | undefined,
): Promise<ChosenEncoder> {
  if (asked === undefined || asked === 'x264') return { encoder: 'x264', note: undefined };
  const name = ENCODER_NAMES[asked];
  if (asked === failed) {
    return {
      encoder: 'x264',
      note: `${name} has failed, so x264 encodes the stream until you change it or start it again; the encoder's last lines are in the producer's log.`,
    };
  }
  return (await hardware)?.has(asked)
    ? { encoder: asked, note: undefined }
    : {
        encoder: 'x264',
        note: `${name} does not work on the host of this producer, so x264 encodes the stream.`,
      };
}

/** The hardware that a run has failed because of. */
export const failedHardware = (encoder: VideoEncoder, end: RunEnd): HardwareEncoder | undefined =>
  encoder !== 'x264' && end.why === 'failed' && blamesHardware(FFMPEG_ENCODERS[encoder], end.lines)
    ? encoder
    : undefined;
