import type { SoundReport, ToWorklet } from '../worklet/messages.js';
import type { PictureTime } from './pace.js';

/** The worklet's program as text, which the bundler puts in; absent if the sources run unbundled. */
declare const TOPICAST_WORKLET_SOURCE: string | undefined;

const VOLUME_S = 0.01;
/** What the browser reports about the sound that is heard is wrong by some ms each time. */
const SKEW_WEIGHT = 0.05;
const MOST_SKEW_CHANGE_S = 0.03;

export interface OutputEvents {
  onReport(report: SoundReport): void;
  onFailed(message: string): void;
}

/** An audio context with the worklet that plays decoded sound. */
export class SoundOutput {
  readonly #context: AudioContext;
  readonly #node: AudioWorkletNode;
  readonly #gain: GainNode;
  #volume = 0;
  /** The context's time of what is heard minus `performance.now()`, in seconds. */
  #skew: number | undefined;

  /**
   * @param address of worklet.js; without it, the bundled program as a blob
   * @throws if the browser has no worklets, or the page's policy refuses this one
   */
  static async open(
    sampleRate: number,
    address: string | undefined,
    events: OutputEvents,
  ): Promise<SoundOutput> {
    const { audioSession } = navigator as { audioSession?: { type: string } };
    // Otherwise the silent switch of an iPhone silences it, as it does no video (W3C Audio Session).
    if (audioSession) audioSession.type = 'playback';
    const context = new AudioContext({ latencyHint: 'interactive', sampleRate });
    try {
      const program = address ?? blobAddress();
      try {
        await context.audioWorklet.addModule(program);
      } finally {
        if (!address) URL.revokeObjectURL(program);
      }
      return new SoundOutput(context, events);
    } catch (error) {
      await context.close();
      throw error;
    }
  }

  private constructor(context: AudioContext, { onReport, onFailed }: OutputEvents) {
    this.#context = context;
    this.#node = new AudioWorkletNode(context, 'topicast-sound', {
      numberOfInputs: 0,
      outputChannelCount: [2],
    });
    this.#node.onprocessorerror = () => onFailed('the audio worklet failed');
    this.#node.port.onmessage = ({ data }: MessageEvent<SoundReport>) => onReport(data);
    this.#gain = new GainNode(context, { gain: 0 });
    this.#node.connect(this.#gain).connect(context.destination);
  }

  get running(): boolean {
    return this.#context.state === 'running';
  }

  /** Opens a new port through which the decoder sends its sound. */
  connect(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#post({ type: 'source', port: port2 }, [port2]);
    return port1;
  }

  setVolume(volume: number): void {
    if (volume === this.#volume) return;
    this.#volume = volume;
    this.#gain.gain.setTargetAtTime(volume, this.#context.currentTime, VOLUME_S);
  }

  follow({ media, at, rate }: PictureTime): void {
    this.#post({ type: 'follow', at: at / 1000 + this.#readSkew(), media, rate });
  }

  free(): void {
    this.#post({ type: 'free' });
  }

  hold(): void {
    this.#post({ type: 'hold' });
  }

  /** Has no effect while the browser waits for a click. */
  resume(): void {
    if (this.running) return;
    this.#skew = undefined;
    this.#context.resume().catch(() => {});
  }

  suspend(): void {
    this.#context.suspend().catch(() => {});
  }

  close(): void {
    this.#node.port.onmessage = this.#node.onprocessorerror = null;
    this.#node.port.close();
    this.#context.close().catch(() => {});
  }

  #post(message: ToWorklet, transfer: Transferable[] = []): void {
    this.#node.port.postMessage(message, transfer);
  }

  #readSkew(): number {
    const skew = skewOf(this.#context);
    const known = this.#skew;
    const jumped = known === undefined || Math.abs(skew - known) > MOST_SKEW_CHANGE_S;
    this.#skew = jumped ? skew : known + (skew - known) * SKEW_WEIGHT;
    return this.#skew;
  }
}

/**
 * Firefox's time stamp leaves out the delay of the device. To tell the delay, it asks PulseAudio, which answers after the
 * graph's turn, which waits for whoever asks: the page stood still for ever, once in some starts on a busy machine.
 */
const isFirefox = navigator.userAgent.includes('Firefox/');
const isOnPulseAudio = isFirefox && navigator.userAgent.includes('Linux');
/** PulseAudio's for Firefox: 33 to 48 ms. */
const USUAL_LATENCY_S = 0.04;

function skewOf(context: AudioContext): number {
  if (isOnPulseAudio) return context.currentTime - USUAL_LATENCY_S - performance.now() / 1000;
  const { contextTime, performanceTime } = isFirefox ? {} : context.getOutputTimestamp();
  if (contextTime && performanceTime) return contextTime - performanceTime / 1000;
  // The browser does not know it yet, or never tells.
  return context.currentTime - (context.outputLatency || context.baseLatency || 0) - performance.now() / 1000;
}

function blobAddress(): string {
  if (typeof TOPICAST_WORKLET_SOURCE === 'undefined') throw new Error('not bundled: give worklet-src');
  return URL.createObjectURL(new Blob([TOPICAST_WORKLET_SOURCE], { type: 'text/javascript' }));
}
