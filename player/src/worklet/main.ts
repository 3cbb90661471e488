import { Follower } from './follower.js';
import type { SoundReport, Taken, ToSource, ToWorklet } from './messages.js';

/** The scope of a worklet (Web Audio 1.32), which the compiler's libraries do not declare. */
declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare const sampleRate: number;
declare const currentTime: number;
declare function registerProcessor(
  name: string,
  processor: new () => AudioWorkletProcessor & {
    process(inputs: unknown, outputs: Float32Array[][]): boolean;
  },
): void;

const REPORT_S = 0.1;

/** Takes sound from the worker and plays it. The page tells it where the picture is. */
class SoundProcessor extends AudioWorkletProcessor {
  readonly #follower = new Follower(sampleRate);
  #reportedAt = 0;
  #source: MessagePort | undefined;
  #blocks = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<ToWorklet>) => {
      if (data.type === 'source') this.#listenTo(data.port);
      else this.#follower.aim(data);
    };
  }

  process(_inputs: unknown, [output]: Float32Array[][]): boolean {
    if (output) this.#follower.render(output, currentTime);
    if (currentTime - this.#reportedAt >= REPORT_S) {
      this.#reportedAt = currentTime;
      const report: SoundReport = this.#follower.report();
      this.port.postMessage(report);
    }
    return true;
  }

  #listenTo(source: MessagePort): void {
    this.#source?.close();
    this.#source = source;
    this.#blocks = 0;
    this.#follower.reset();
    source.onmessage = ({ data }: MessageEvent<ToSource>) => {
      if (data.type === 'reset') {
        this.#follower.reset();
        return;
      }
      this.#follower.take(data);
      this.#blocks += 1;
      const taken: Taken = { blocks: this.#blocks };
      source.postMessage(taken);
    };
  }
}

registerProcessor('topicast-sound', SoundProcessor);
