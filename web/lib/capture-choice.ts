import { type CaptureWish, SIZES } from '@topicast/broadcast';

export const FRAME_RATE = 30;

/** What a streamer has chosen; an empty id is whatever the browser takes. */
export interface CaptureChoice {
  readonly picture: 'camera' | 'screen';
  readonly camera: string;
  /** `none`: no microphone. */
  readonly microphone: string;
  readonly height: number;
}

export const NO_MICROPHONE = 'none';

export const FIRST_CHOICE: CaptureChoice = {
  picture: 'camera',
  camera: '',
  microphone: '',
  height: SIZES[1].height,
};

export const wishOf = ({ picture, camera, microphone, height }: CaptureChoice): CaptureWish => ({
  picture: picture === 'screen' ? { kind: 'screen' } : { kind: 'camera', id: camera || undefined },
  microphone: microphone === NO_MICROPHONE ? 'none' : { id: microphone || undefined },
  ...{ height, frameRate: FRAME_RATE },
});

/** What somebody had chosen who wished for this. */
export const choiceOf = ({ picture, microphone, height }: CaptureWish): Partial<CaptureChoice> => ({
  picture: picture.kind,
  ...(picture.kind === 'camera' && { camera: picture.id ?? '' }),
  microphone: microphone === 'none' ? NO_MICROPHONE : (microphone.id ?? ''),
  height,
});
