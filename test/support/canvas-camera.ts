import type { Page } from 'playwright-core';
import { BLOCK_PIXELS, PICTURE_WIDTH } from './barcode.js';

/** Half of the barcode's own width: software draws, encodes and decodes it. */
const SCALE = 1 / 2;
const SIZE = { width: PICTURE_WIDTH * SCALE, height: 720 * SCALE, frameRate: 30 };

/** From now on, the camera of the page shows the wall clock as a barcode, and its microphone hears a tone. */
export async function withCanvasCamera(page: Page): Promise<void> {
  await page.addInitScript(replaceDevices, { ...SIZE, block: BLOCK_PIXELS * SCALE });
}

/** Runs on the page, so it can use nothing of this file. */
function replaceDevices({ width, height, frameRate, block }: typeof SIZE & { readonly block: number }): void {
  if (!navigator.mediaDevices) return;
  const bits = (value: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => Math.floor(value / 2 ** (count - 1 - i)) % 2);
  navigator.mediaDevices.getUserMedia = async ({ video, audio } = {}) => {
    const tracks: MediaStreamTrack[] = [];
    if (video) {
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const context = canvas.getContext('2d', { alpha: false })!;
      let counter = 0;
      const draw = (): void => {
        const payload = [...bits(Date.now() % 2 ** 32, 32), ...bits(counter++ % 2 ** 16, 16)];
        const check = payload.reduce((sum, bit, i) => (sum + bit * (i * 7 + 1)) % 256, 0x5a);
        // Something that moves, so that the encoder has work.
        context.fillStyle = `hsl(${(counter * 3) % 360} 40% 50%)`;
        context.fillRect(0, 0, width, height);
        context.fillStyle = '#fff';
        context.fillRect((counter * 8) % width, height / 2, 120, 120);
        [...payload, ...bits(check, 8)].forEach((bit, i) => {
          context.fillStyle = bit ? '#fff' : '#000';
          context.fillRect(i * block, 0, block, block);
        });
      };
      draw();
      const timer = setInterval(draw, 1_000 / frameRate);
      const [track] = canvas.captureStream(frameRate).getVideoTracks();
      track!.addEventListener('ended', () => clearInterval(timer));
      tracks.push(track!);
    }
    if (audio) {
      const context = new AudioContext({ sampleRate: 48_000 });
      const tone = new OscillatorNode(context, { frequency: 440 });
      const destination = context.createMediaStreamDestination();
      tone.connect(new GainNode(context, { gain: 0.2 })).connect(destination);
      tone.start();
      tracks.push(...destination.stream.getAudioTracks());
    }
    return new MediaStream(tracks);
  };
}
