import type { Page } from 'playwright-core';
import { BLOCK_PIXELS, PICTURE_WIDTH } from './barcode.js';

/** Half of the barcode's own width: software draws, encodes and decodes it. */
const SCALE = 1 / 2;
const SIZE = { width: PICTURE_WIDTH * SCALE, height: 720 * SCALE, frameRate: 30 };

/**
 * From now on, the camera of the page shows the wall clock as a barcode. With each second, the picture below it turns
 * white for a tenth of a second, and the microphone hears a tone.
 */
export async function withCanvasCamera(page: Page): Promise<void> {
  await page.addInitScript(replaceDevices, { ...SIZE, block: BLOCK_PIXELS * SCALE });
}

/** From now on, the screen of the page is a slide that never changes. Whoever is asked for it a second time says no. */
export async function withStillScreen(page: Page): Promise<void> {
  await page.addInitScript(() => {
    if (!navigator.mediaDevices) return;
    let asked = 0;
    navigator.mediaDevices.getDisplayMedia = async () => {
      document.documentElement.dataset.asked = String(++asked);
      if (asked > 1) throw new DOMException('no', 'NotAllowedError');
      const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
      const context = canvas.getContext('2d', { alpha: false })!;
      const draw = (): void => {
        context.fillStyle = '#264';
        context.fillRect(0, 0, 640, 360);
      };
      draw();
      const stream = canvas.captureStream();
      // The first picture may be drawn before anybody takes it.
      setTimeout(draw, 200);
      const [track] = stream.getVideoTracks();
      const settings = track!.getSettings();
      track!.getSettings = () => ({ ...settings, displaySurface: 'monitor' });
      return stream;
    };
  });
}

/** How often the page with a still screen has asked for it. */
export const timesAsked = (page: Page): Promise<number> =>
  page.evaluate(() => Number(document.documentElement.dataset.asked ?? 0));

/** Runs on the page, so it can use nothing of this file. */
function replaceDevices({ width, height, frameRate, block }: typeof SIZE & { readonly block: number }): void {
  if (!navigator.mediaDevices) return;
  const bits = (value: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => Math.floor(value / 2 ** (count - 1 - i)) % 2);
  navigator.mediaDevices.getUserMedia = async ({ video, audio } = {}) => {
    const tracks: MediaStreamTrack[] = [];
    let gain: GainNode | undefined;
    if (video) {
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const context = canvas.getContext('2d', { alpha: false })!;
      let counter = 0;
      const draw = (): void => {
        const payload = [...bits(Date.now() % 2 ** 32, 32), ...bits(counter++ % 2 ** 16, 16)];
        const check = payload.reduce((sum, bit, i) => (sum + bit * (i * 7 + 1)) % 256, 0x5a);
        const isFlash = Date.now() % 1_000 < 100;
        gain?.gain.setValueAtTime(isFlash ? 0.5 : 0, gain.context.currentTime);
        context.fillStyle = isFlash ? '#fff' : '#222';
        context.fillRect(0, 0, width, height);
        // Something that moves, so that the encoder has work.
        context.fillStyle = `hsl(${(counter * 3) % 360} 40% 30%)`;
        context.fillRect((counter * 4) % width, height / 2, 60, 60);
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
      const tone = new OscillatorNode(context, { frequency: 1_000 });
      const destination = context.createMediaStreamDestination();
      gain = new GainNode(context, { gain: 0 });
      tone.connect(gain).connect(destination);
      tone.start();
      tracks.push(...destination.stream.getAudioTracks());
    }
    return new MediaStream(tracks);
  };
}
