import type { SoundBlock } from '../worker/messages.js';

/** Of the audio thread, which the compiler's library does not describe. */
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare const sampleRate: number;
declare const currentFrame: number;

/** A quantum has 128 samples, for which a message each is too much. */
const SAMPLES = 480;

class SoundTap extends AudioWorkletProcessor {
  #planes: Float32Array<ArrayBuffer>[] = [];
  #filled = 0;
  #firstSample = 0;

  process([channels = []]: readonly (readonly Float32Array[])[]): boolean {
    const heard = channels.slice(0, 2);
    const [first] = heard;
    if (!first) return true;
    if (this.#planes.length !== heard.length) this.#begin(heard.length);
    if (this.#filled === 0) this.#firstSample = currentFrame;
    for (let at = 0; at < first.length; ) {
      const size = Math.min(first.length - at, SAMPLES - this.#filled);
      for (const [channel, samples] of heard.entries())
        this.#planes[channel]?.set(samples.subarray(at, at + size), this.#filled);
      this.#filled += size;
      at += size;
      if (this.#filled === SAMPLES) this.#send(currentFrame + at);
    }
    return true;
  }

  #send(next: number): void {
    const block: SoundBlock = { sampleRate, firstSample: this.#firstSample, planes: this.#planes };
    this.port.postMessage(
      block,
      this.#planes.map(({ buffer }) => buffer),
    );
    this.#begin(this.#planes.length);
    this.#firstSample = next;
  }

  #begin(channels: number): void {
    this.#planes = Array.from({ length: channels }, () => new Float32Array(SAMPLES));
    this.#filled = 0;
  }
}

registerProcessor('topicast-sound', SoundTap);
