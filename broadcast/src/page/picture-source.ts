import type { ToWorker } from '../worker/messages.js';
import { picturesOf } from './track-processor.js';

type Post = (message: ToWorker, transfer: Transferable[]) => void;

const US_PER_MS = 1_000;

/** Gives the worker the pictures of a track. @returns a function that ends it */
export function sendPictures(track: MediaStreamTrack, post: Post): () => void {
  const frames = picturesOf(track);
  // Only what is shared has a surface (W3C Screen Capture 5.3).
  const mayStandStill = track.getSettings().displaySurface !== undefined;
  if (frames) {
    post({ type: 'picture source', feed: { kind: 'stream', frames }, mayStandStill }, [frames]);
    return () => undefined;
  }
  post({ type: 'picture source', feed: { kind: 'messages' }, mayStandStill }, []);
  return sendPresented(track, post);
}

/** Firefox: a video element plays the track, and says which picture it shows. */
function sendPresented(track: MediaStreamTrack, post: Post): () => void {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  let handle = 0;
  const onFrame: VideoFrameRequestCallback = (_, { captureTime, presentationTime }) => {
    handle = video.requestVideoFrameCallback(onFrame);
    const timestamp = Math.round((captureTime ?? presentationTime) * US_PER_MS);
    const frame = new VideoFrame(video, { timestamp });
    post({ type: 'picture', frame }, [frame]);
  };
  handle = video.requestVideoFrameCallback(onFrame);
  // The worker cannot see that nothing more comes.
  const end = (): void =>
    post({ type: 'picture source', feed: { kind: 'messages' }, mayStandStill: false }, []);
  track.addEventListener('ended', end);
  void video.play().catch(() => undefined);
  return () => {
    track.removeEventListener('ended', end);
    video.cancelVideoFrameCallback(handle);
    video.srcObject = null;
  };
}
