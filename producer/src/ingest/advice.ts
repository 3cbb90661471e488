import type { Track } from '@topicast/contracts/catalog';
import { type Milliseconds, milliseconds, Seconds, seconds } from '@topicast/contracts/units';
import type { Structure } from '../encoder/meter.js';

/** Encoders count in whole pictures, so two seconds may be a little more. */
const LONG_GOP: Seconds = seconds(2.2);
/** A track that is announced later than this is missed. */
const EXPECTED_WITHIN: Milliseconds = milliseconds(3_000);
/** Longer than a scene of the encoder needs to begin, and than its pictures are apart. */
const HUNG: Milliseconds = milliseconds(5_000);

export interface Sent {
  readonly kinds: readonly Track['kind'][];
  readonly structure: Structure | undefined;
  /** Since the first chunk. */
  readonly liveFor: Milliseconds;
  /** Since the last picture that was passed on; zero for an encoder that has announced none. */
  readonly pictureMissingFor: Milliseconds;
  /** Since the last chunk. */
  readonly nothingFor: Milliseconds;
  /** Messages that were left out. */
  readonly damaged: number;
}

/** What to change in the settings of an encoder that publishes, one sentence each. */
export function adviceOn({
  kinds,
  structure,
  liveFor,
  pictureMissingFor,
  nothingFor,
  damaged,
}: Sent): string[] {
  const advice: string[] = [];
  if (liveFor >= HUNG && pictureMissingFor >= HUNG) {
    advice.push(
      nothingFor < HUNG
        ? 'Sound comes, but no picture: look at the scene and the video settings in the encoder, or stop its stream and start it again.'
        : 'Neither picture nor sound comes that can be passed on: look at the encoder and its connection, or stop its stream and start it again.',
    );
  }
  if (damaged > 0) {
    advice.push(
      `The encoder has sent pictures or sound that are damaged or lack their settings (left out so far: ${damaged}): if there are more and more, restart it, or use another encoder.`,
    );
  }
  if (structure?.hasReordering) {
    advice.push(
      'The encoder sends B-frames, which add delay: set its B-frames to 0, or its tuning to zerolatency.',
    );
  }
  if (structure && structure.longestGop > LONG_GOP) {
    advice.push(
      `The encoder sends keyframes up to ${structure.longestGop.toFixed(1)} s apart, so viewers join late: set its keyframe interval to 1 s, or 2 s at most.`,
    );
  }
  if (liveFor >= EXPECTED_WITHIN && !kinds.includes('audio')) advice.push('The encoder sends no sound.');
  if (liveFor >= EXPECTED_WITHIN && !kinds.includes('video')) {
    advice.push(
      damaged > 0 ? 'The encoder sends no picture that can be passed on.' : 'The encoder sends no picture.',
    );
  }
  return advice;
}

/** Why an encoder is not on air that was let in some time ago. */
export const nothingPasses = ({ hasSound }: { readonly hasSound: boolean }): string =>
  hasSound
    ? 'Sound comes, but no keyframe so far, and nobody can see the picture before one: set the keyframe interval of the encoder to 1 s, or stop its stream and start it again.'
    : 'The encoder has sent nothing so far that can be passed on: no keyframe, and no sound.';

/** What viewers get while the encoder is away. @param gap how long it may be away */
export const awayWords = ({ isConnected, gap }: { isConnected: boolean; gap: Milliseconds }): string => {
  const limit = `${Math.round(Seconds.ofMilliseconds(gap))} s`;
  return isConnected
    ? `The encoder is connected, but sends nothing: look at its network. Viewers see its last picture, dimmed, and the stream goes on as soon as it sends again, within ${limit}.`
    : `The encoder has vanished: look at its network, and start it again. Viewers see its last picture, dimmed, and the stream goes on if it is back within ${limit}.`;
};

/** @param reason why no slate could be made, in ffmpeg's words */
export const noSlateWords = (reason: string | undefined): string[] =>
  reason === undefined
    ? []
    : [
        `If the encoder vanishes, the stream ends at once, because its last picture cannot be shown meanwhile (${reason}): send H.264, or install an ffmpeg that encodes what you send.`,
      ];

export const BACKUP_IS_READY = 'The backup encoder is connected, and takes over if this one vanishes.';

/** The backup is on air. @param isBack whether the primary one is connected */
export const backupWords = ({
  isBack,
  backAfter,
}: {
  readonly isBack: boolean;
  readonly backAfter: Milliseconds | undefined;
}): string => {
  if (!isBack)
    return 'The backup encoder is on air, because the primary one is away: look at it and at its network.';
  return backAfter === undefined
    ? 'The backup encoder is on air, and the primary one is ready: stop the backup, and the primary one takes over.'
    : `The backup encoder is on air: the primary one takes over when it has sent for ${Math.round(Seconds.ofMilliseconds(backAfter))} s without a pause.`;
};
