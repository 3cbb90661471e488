import type { SoundBlock, ToWorker } from '../worker/messages.js';
import { soundOf } from './track-processor.js';

type Post = (message: ToWorker, transfer: Transferable[]) => void;

/** Gives the worker the sound of a track. @returns a function that ends it */
export function sendSound(track: MediaStreamTrack, context: AudioContext, post: Post): () => void {
  const frames = soundOf(track);
  if (frames) {
    post({ type: 'sound source', feed: { kind: 'stream', frames } }, [frames]);
    return () => undefined;
  }
  post({ type: 'sound source', feed: { kind: 'messages' } }, []);
  return sendBlocks(track, context, post);
}

/** Firefox: a worklet hears the track, and gives its samples. */
function sendBlocks(track: MediaStreamTrack, context: AudioContext, post: Post): () => void {
  const source = context.createMediaStreamSource(new MediaStream([track]));
  let node: AudioWorkletNode | undefined;
  let hasEnded = false;
  const begin = async (): Promise<void> => {
    await context.resume();
    await context.audioWorklet.addModule(new URL('./sound-worklet.js', import.meta.url));
    if (hasEnded) return;
    node = new AudioWorkletNode(context, 'topicast-sound', { numberOfOutputs: 0 });
    node.port.onmessage = ({ data }: MessageEvent<SoundBlock>) =>
      post(
        { type: 'sound', block: data },
        data.planes.map(({ buffer }) => buffer),
      );
    source.connect(node);
  };
  void begin();
  return () => {
    hasEnded = true;
    source.disconnect();
    node?.disconnect();
  };
}
