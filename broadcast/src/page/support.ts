/** What this browser or this page lacks, in words that say what to do; undefined if nothing. */
export async function whatIsMissing(): Promise<string | undefined> {
  if (!window.isSecureContext || !navigator.mediaDevices) {
    return 'Browsers give camera and microphone to secure pages only: open this page by https, or at localhost.';
  }
  if (typeof VideoEncoder === 'undefined' || typeof AudioEncoder === 'undefined') {
    return 'This browser has no WebCodecs, which encodes picture and sound here. Use a recent Chrome, Edge or Firefox, or send with OBS.';
  }
  if (!(await encodesH264())) {
    return 'This browser cannot encode H.264. Use a recent Chrome, Edge or Firefox, or send with OBS.';
  }
  return undefined;
}

async function encodesH264(): Promise<boolean> {
  const config = { codec: 'avc1.42e01e', width: 640, height: 360, framerate: 30, bitrate: 900_000 };
  const { supported } = await VideoEncoder.isConfigSupported(config).catch(() => ({ supported: false }));
  return supported === true;
}

export const canShareScreen = (): boolean => typeof navigator.mediaDevices?.getDisplayMedia === 'function';
