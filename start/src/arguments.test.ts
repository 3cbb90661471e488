import { ConfigError } from '@topicast/contracts/config';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asksForHelp, parseArguments } from './arguments.js';

const inputsOf = (...args: string[]) => parseArguments(args, { demo: false }).inputs;

describe('the command line', () => {
  it('tells files, URLs and devices apart', () => {
    expect(inputsOf('--input', `own=${import.meta.filename}`, '--copy', 'cam=rtsp://camera.local/1')).toEqual(
      [
        { id: 'own', title: 'own', source: { kind: 'file', path: import.meta.filename } },
        { id: 'cam', title: 'cam', source: { kind: 'url', url: 'rtsp://camera.local/1', copy: true } },
      ],
    );
    expect(inputsOf('--input', 'cam=/dev/null')).toMatchObject([
      { source: { kind: 'device', path: '/dev/null' } },
    ]);
  });

  it('reads a ladder at the end of an input', () => {
    expect(inputsOf('--input', `own=${import.meta.filename},ladder=720p+360p`)).toMatchObject([
      {
        source: { kind: 'file', path: import.meta.filename },
        ladder: [{ height: 720 }, { height: 360 }],
      },
    ]);
    expect(inputsOf('--input', 'cam=rtsp://camera.local/1,2')).toMatchObject([
      { source: { url: 'rtsp://camera.local/1,2' } },
    ]);
  });

  it('knows the demo stream, and does without it', () => {
    expect(parseArguments([], { demo: true }).inputs).toMatchObject([
      { id: 'demo', source: { kind: 'test' } },
    ]);
    expect(parseArguments(['--no-demo'], { demo: true }).inputs).toEqual([]);
    expect(parseArguments(['--demo'], { demo: false }).inputs).toHaveLength(1);
  });

  it.each([
    [['--input', 'film'], /write name=FILE_OR_URL/],
    [['--input', 'Film=x.mp4'], /"Film" is not a stream id/],
    [['--input', 'film=/no/such/file'], /there is no file \/no\/such\/file/],
    [['--input', `film=${import.meta.dirname}`], /is not a file/],
    [['--input', 'a=rtsp://x/', '--copy', 'a=rtsp://y/'], /"a" is declared twice/],
    [['--imput', 'a=b'], /--imput/],
    [['--input', 'a=ftp://host/film'], /only http/],
    [['--demo', '--input', 'demo=rtsp://x/'], /--no-demo/],
    [['--input', 'a=rtsp://x/,ladder=720'], /write a ladder as 720p\+360p/],
    [['--input', 'a=rtsp://x/,ladder=360p+720p'], /from the highest to the lowest/],
    [['--copy', 'a=rtsp://x/,ladder=720p'], /choose one of the two/],
    [['film.mp4'], /"film.mp4" is not understood/],
  ])('%j gets one clear line', (args, message) => {
    expect(() => inputsOf(...args)).toThrow(ConfigError);
    expect(() => inputsOf(...args)).toThrow(message);
  });

  it('is --help or nothing where the environment has all settings', () => {
    expect(asksForHelp([])).toBe(false);
    expect(asksForHelp(['--help'])).toBe(true);
    for (const word of ['--port', '--input=a', 'demo']) {
      expect(() => asksForHelp([word]), word).toThrow(ConfigError);
      expect(() => asksForHelp([word]), word).toThrow(/\(see --help\)$/);
    }
  });

  it('takes any words without another kind of error', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('--input', '--copy', '--demo', 'a=b'))),
        (args) => {
          try {
            inputsOf(...args);
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError);
          }
        },
      ),
    );
  });
});
