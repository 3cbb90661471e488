const SAMPLES = 1_024;

/** How loud a track of sound is. */
export class LevelMeter {
  readonly #source: MediaStreamAudioSourceNode;
  readonly #analyser: AnalyserNode;
  readonly #samples = new Float32Array(SAMPLES);

  constructor(track: MediaStreamTrack, context: AudioContext) {
    this.#analyser = new AnalyserNode(context, { fftSize: SAMPLES });
    this.#source = context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#analyser);
  }

  /** The peak of the last 20 ms or so, in dB below full scale; -Infinity for silence. */
  read(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const peak = this.#samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    return 20 * Math.log10(peak);
  }

  close(): void {
    this.#source.disconnect();
  }
}
