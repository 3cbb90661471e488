import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PcmRing } from './pcm-ring.js';
import { Voice } from './voice.js';

const RATE = 48_000;
const QUANTUM = 128;
const tone = (at: number): number => 0.5 * Math.sin((2 * Math.PI * 440 * at) / RATE);
/** The largest difference between two instants of the tone. */
const STEEPEST = 0.5 * ((2 * Math.PI * 440) / RATE);

function setUp(seconds: number) {
  const ring = new PcmRing(RATE, 1, 4);
  const write = (start: number, length: number) =>
    ring.write({ start, rate: RATE, channels: [Float32Array.from({ length }, (_, i) => tone(start + i))] });
  write(0, seconds * RATE);
  const voice = new Voice(ring);
  voice.wanted = true;
  const heard: number[] = [];
  const play = (quanta: number, step = 1, each: (quantum: number) => void = () => {}): void => {
    for (let n = 0; n < quanta; n++) {
      each(n);
      const output = [new Float32Array(QUANTUM), new Float32Array(QUANTUM)];
      voice.render(output, step);
      heard.push(...output[1]!);
    }
  };
  const steepest = (): number =>
    heard.reduce((most, value, i) => Math.max(most, Math.abs(value - (heard[i - 1] ?? 0))), 0);
  return { ring, voice, write, play, heard, steepest };
}

describe('a voice', () => {
  it('plays each instant once, unchanged, after it has faded in', () => {
    const { play, heard } = setUp(1);
    play(100);
    expect(heard.filter((value, at) => at > 1000 && Math.abs(value - tone(at)) > 1e-5)).toEqual([]);
  });

  it.each([
    [48_000, 44_100],
    [44_100, 48_000],
    [48_000, 24_000],
    [32_000, 32_000],
    [16_000, 48_000],
  ])('repeats the end of a tone without a click: %i Hz at %i Hz', (rate, outputRate) => {
    const hertz = 230;
    const wave = (at: number) => 0.5 * Math.sin((2 * Math.PI * hertz * at) / rate);
    for (let extra = 0; extra < rate / 100; extra += 37) {
      const ring = new PcmRing(rate, 1, 4);
      const channel = Float32Array.from({ length: rate / 5 + extra }, (_, i) => wave(i));
      ring.write({ start: 0, rate, channels: [channel] });
      const voice = new Voice(ring);
      voice.wanted = true;
      voice.patient = true;
      const heard: number[] = [];
      let repeats = 0;
      for (let left = outputRate / 4; left > 0; left -= QUANTUM) {
        if (voice.stretch() !== 0) repeats += 1;
        const output = [new Float32Array(QUANTUM)];
        voice.render(output, rate / outputRate);
        heard.push(...output[0]!);
      }
      expect(repeats).toBeGreaterThan(1);
      expect(voice.underruns).toBe(0);
      // Against the curvature of the tone itself, which a jump of the waveform exceeds many times.
      const own = 0.5 * ((2 * Math.PI * hertz) / outputRate) ** 2;
      const bends = heard
        .slice(outputRate / 50)
        .map((value, i, all) => Math.abs(value - 2 * (all[i - 1] ?? value) + (all[i - 2] ?? value)));
      expect(Math.max(...bends.slice(2))).toBeLessThan(own * 4 + 0.01);
    }
  });

  it('keeps the tone at any rate near 1, and reads the ring in order', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100, max: 100 }), (tenths) => {
        const { voice, play, steepest } = setUp(2);
        const step = 1 + tenths / 10_000;
        play(200, step);
        expect(voice.place).toBeCloseTo(200 * QUANTUM * step, 3);
        expect(voice.underruns).toBe(0);
        expect(steepest()).toBeLessThan(STEEPEST * 1.1);
      }),
      { numRuns: 20 },
    );
  });

  it('does not splice where what is heard would run dry before it has faded out', () => {
    for (let left = 600; left > 0; left -= 25) {
      // The sound ends at a crest of the tone.
      const { voice, ring, play, steepest } = setUp(0.3 + 0.25 / 440);
      const quanta = Math.floor((ring.end - left) / QUANTUM);
      play(quanta);
      voice.splice(-1_000);
      play(20);
      expect(steepest()).toBeLessThan(STEEPEST * 1.2);
    }
  });

  it('never clicks, whether it splices, stretches, jumps, falls silent, runs dry or resumes', () => {
    const act = fc.record({
      what: fc.constantFrom('splice', 'jump', 'silence', 'impatience'),
      at: fc.integer({ min: 0, max: 300 }),
      by: fc.integer({ min: -1_200, max: 1_200 }),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 12 }), fc.integer({ min: 300, max: 900 }), (acts, endMs) => {
        const { voice, ring, write, play, heard, steepest } = setUp(endMs / 1000);
        play(320, 1, (n) => {
          voice.wanted = true;
          voice.patient = n < endMs / 2.6;
          for (const { what, at, by } of acts) {
            if (what === 'silence' && n >= at && n < at + 10) voice.wanted = false;
            if (what === 'impatience' && n >= at && n < at + 20) voice.patient = false;
            if (at !== n) continue;
            if (what === 'splice') voice.splice(by);
            if (what === 'jump') voice.jump(by);
          }
          voice.stretch();
          // New sound comes late, so the voice may have run dry.
          if (n === 250) write(ring.end, RATE);
        });
        // A fade or a cross-fade may make the waveform a little steeper.
        expect(steepest()).toBeLessThan(STEEPEST * 2 + 0.01);
        expect(Math.max(...heard.map(Math.abs))).toBeLessThan(0.75);
      }),
      { numRuns: 30 },
    );
  });

  it('counts an underrun once, and plays on with what comes', () => {
    const { voice, play, write } = setUp(0.1);
    play(60);
    expect(voice.underruns).toBe(1);
    expect(voice.audible).toBe(false);
    write(4_800, RATE);
    play(10);
    expect(voice.audible).toBe(true);
    expect(voice.underruns).toBe(1);
  });

  it('splices a tone where its waveform matches, close to the wanted place', () => {
    fc.assert(
      fc.property(fc.integer({ min: 480, max: 2_000 }), fc.boolean(), (size, isBack) => {
        const { voice, play, heard, steepest } = setUp(2);
        play(100);
        const by = voice.splice(isBack ? -size : size);
        expect(Math.abs(by - (isBack ? -size : size))).toBeLessThanOrEqual(0.006 * RATE);
        play(20);
        expect(steepest()).toBeLessThan(STEEPEST * 1.3);
        // Two waves in step keep their loudness under a cross-fade.
        const during = heard.slice(100 * QUANTUM, 100 * QUANTUM + 576);
        expect(Math.max(...during)).toBeGreaterThan(0.45);
      }),
      { numRuns: 20 },
    );
  });

  it('does not splice to where there is no sound', () => {
    const { voice, play } = setUp(0.2);
    play(50);
    expect(voice.splice(4_000)).toBe(0);
    expect(voice.splice(-48_000)).toBe(0);
  });
});
