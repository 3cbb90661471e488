/** A camera or a microphone. */
export interface Device {
  readonly id: string;
  readonly name: string;
}

export interface Devices {
  readonly cameras: readonly Device[];
  readonly microphones: readonly Device[];
}

/** Where the picture comes from. */
export type PictureChoice =
  | { readonly kind: 'camera'; readonly id: string | undefined }
  /** The browser asks which screen, window or tab. */
  | { readonly kind: 'screen' };

export interface CaptureWish {
  readonly picture: PictureChoice;
  /** `none`: no microphone. */
  readonly microphone: { readonly id: string | undefined } | 'none';
  readonly height: number;
  readonly frameRate: number;
}

/** Names are empty until somebody has allowed the page to use a device. */
export async function listDevices(): Promise<Devices> {
  const all = await navigator.mediaDevices.enumerateDevices();
  const ofKind = (kind: MediaDeviceKind, name: string): Device[] =>
    all
      .filter((each) => each.kind === kind && each.deviceId !== '')
      .map(({ deviceId, label }, index) => ({ id: deviceId, name: label || `${name} ${index + 1}` }));
  return { cameras: ofKind('videoinput', 'Camera'), microphones: ofKind('audioinput', 'Microphone') };
}

/**
 * Opens what was wished for; the caller stops the tracks.
 * @param screen one that is shared already and is kept, so that the browser does not ask again. Not without a microphone:
 * the sound of a screen comes only with the question
 * @throws {DOMException} that `captureProblem` explains
 */
export async function openCapture(
  { picture, microphone, height, frameRate }: CaptureWish,
  screen?: MediaStreamTrack,
): Promise<MediaStream> {
  const video = {
    width: { ideal: (height * 16) / 9 },
    height: { ideal: height },
    frameRate: { ideal: frameRate },
  };
  const audio =
    microphone === 'none'
      ? false
      : { ...(microphone.id && { deviceId: { exact: microphone.id } }), sampleRate: { ideal: 48_000 } };
  if (picture.kind === 'camera') {
    const camera = { ...video, ...(picture.id && { deviceId: { exact: picture.id } }) };
    return navigator.mediaDevices.getUserMedia({ video: camera, audio });
  }
  if (!audio) return navigator.mediaDevices.getDisplayMedia({ video, audio: true });
  const shared = screen
    ? [screen]
    : (await navigator.mediaDevices.getDisplayMedia({ video, audio: false })).getVideoTracks();
  try {
    const spoken = await navigator.mediaDevices.getUserMedia({ audio });
    return new MediaStream([...shared, ...spoken.getAudioTracks()]);
  } catch (error) {
    for (const track of shared) if (track !== screen) track.stop();
    throw error;
  }
}

/** Why nothing could be opened, in words that say what to do. */
export function captureProblem(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
      return 'The browser was not allowed to use it: allow camera and microphone in the address bar, and try again.';
    case 'NotFoundError':
      return 'There is no such camera or microphone: plug one in, or choose another one.';
    case 'NotReadableError':
    case 'AbortError':
      return 'The device cannot be used at the moment: another program may have it. Close that, and try again.';
    case 'OverconstrainedError':
      return 'The device is not there any more: choose another one.';
    default:
      return `Camera and microphone cannot be opened (${name || String(error)}): reload the page, and try again.`;
  }
}
