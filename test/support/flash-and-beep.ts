import { execFileSync } from 'node:child_process';
import type { Page } from 'playwright-core';
import { FFMPEG } from './ffprobe.js';

/** Once in this time the picture turns white for a tenth of a second, and a tone sounds with it. */
const PERIOD_S = 1;

/** Writes a film whose picture flashes while it beeps, once a second. */
export function writeFlashAndBeep(path: string): void {
  const flash = `color=c=black:s=320x180:r=30,drawbox=c=white:t=fill:enable='lt(mod(t,${PERIOD_S}),0.1)'`;
  const beep = `aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t,${PERIOD_S}),0.1)':s=48000`;
  const inputs = ['-f', 'lavfi', '-i', flash, '-f', 'lavfi', '-i', beep];
  const codecs = '-t 20 -c:v libx264 -preset ultrafast -g 30 -bf 0 -pix_fmt yuv420p -c:a aac -b:a 128k';
  execFileSync(FFMPEG, ['-v', 'error', '-nostdin', ...inputs, ...codecs.split(' '), path]);
}

/** Counted since the page began to watch: clocks of `performance.now()`, ms. */
export interface FlashesAndBeeps {
  readonly flashes: readonly number[];
  readonly beeps: readonly number[];
  /** Of the newest quantum of sound. */
  readonly loudness: number;
  /** Audio contexts to whose loudspeaker something was connected. */
  readonly contexts: number;
}

/**
 * Before the page loads the player: note when a tone leaves for the loudspeaker, and when it will be heard. Listens to
 * whatever is connected to an audio context's destination.
 */
export async function listenForBeeps(page: Page): Promise<void> {
  await page.addInitScript(listenOnPage);
}

/** Once the player is on the page: note when a white picture is shown after dark ones. */
export async function watchForFlashes(page: Page): Promise<void> {
  await page.evaluate(watchOnPage);
}

/** The same for a browser that nothing drives: scripts that begin to listen and to watch, and one with what there was. */
export const FLASH_AND_BEEP_SCRIPTS = {
  listen: `(${listenOnPage})();`,
  watch: `(${watchOnPage})();`,
  take: 'window.heard',
} as const;

/** Runs on the page, so it can use nothing of this file. */
function listenOnPage(): void {
  const heard = { beeps: [] as number[], flashes: [] as number[], loudness: 0, contexts: 0 };
  Object.assign(window, { heard });
  const program = `registerProcessor('tap', class extends AudioWorkletProcessor {
    quiet = 1; told = 0; most = 0;
    process([input]) {
      const [samples] = input;
      if (!samples) return true;
      for (let i = 0; i < samples.length; i++) {
        const value = Math.abs(samples[i]);
        this.most = Math.max(this.most, value);
        if (value < 0.05) this.quiet += 1 / sampleRate;
        else {
          if (this.quiet > 0.3) this.port.postMessage({ beep: (currentFrame + i) / sampleRate });
          this.quiet = 0;
        }
      }
      if (currentTime - this.told > 0.1) {
        this.port.postMessage({ loudness: this.most });
        this.told = currentTime;
        this.most = 0;
      }
      return true;
    }
  });`;
  const heardAt = (context: AudioContext, time: number): number => {
    // Firefox must not be asked on Linux, and answers without the device's delay: see the player's sound-output.ts.
    if (navigator.userAgent.includes('Firefox/'))
      return performance.now() + (time - context.currentTime + 0.04) * 1000;
    const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp();
    return performanceTime + (time - contextTime) * 1000;
  };
  const connect = AudioNode.prototype.connect as (this: AudioNode, to: AudioNode) => AudioNode;
  const tap = async (from: AudioNode, context: AudioContext): Promise<void> => {
    await context.audioWorklet.addModule(
      URL.createObjectURL(new Blob([program], { type: 'text/javascript' })),
    );
    const node = new AudioWorkletNode(context, 'tap', { numberOfOutputs: 0 });
    connect.call(from, node);
    node.port.onmessage = ({ data }) => {
      if (data.loudness !== undefined) heard.loudness = data.loudness;
      if (data.beep === undefined) return;
      heard.beeps.push(heardAt(context, data.beep));
    };
  };
  Object.assign(AudioNode.prototype, {
    connect(this: AudioNode, to: AudioNode) {
      if (to instanceof AudioDestinationNode && this.context instanceof AudioContext) {
        heard.contexts++;
        tap(this, this.context);
      }
      return connect.call(this, to);
    },
  });
}

/** Runs on the page. */
function watchOnPage(): void {
  const { heard } = window as unknown as { heard: { flashes: number[] } };
  const video = document.querySelector('topicast-player')?.shadowRoot?.querySelector('video');
  const context = new OffscreenCanvas(8, 8).getContext('2d', { willReadFrequently: true });
  if (!video || !context) throw new Error('nothing to watch');
  let wasBright = true;
  const seen: VideoFrameRequestCallback = (_now, { expectedDisplayTime }) => {
    video.requestVideoFrameCallback(seen);
    context.drawImage(video, 0, 0, 8, 8);
    const isBright = (context.getImageData(0, 0, 8, 8).data[1] ?? 0) > 127;
    if (isBright && !wasBright) heard.flashes.push(expectedDisplayTime);
    wasBright = isBright;
  };
  video.requestVideoFrameCallback(seen);
}

export const flashesAndBeeps = (page: Page): Promise<FlashesAndBeeps> =>
  page.evaluate(() => (window as unknown as { heard: FlashesAndBeeps }).heard);

/** How much later each beep was heard than its flash was seen, ms. Negative: earlier. */
export function lipSync({ flashes, beeps }: FlashesAndBeeps): number[] {
  return flashes.flatMap((flash) => {
    const offsets = beeps.map((beep) => beep - flash).sort((a, b) => Math.abs(a) - Math.abs(b));
    const nearest = offsets[0];
    return nearest !== undefined && Math.abs(nearest) < (PERIOD_S * 1000) / 2 ? [nearest] : [];
  });
}
