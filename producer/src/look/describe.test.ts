import { sourceLook } from '@topicast/contracts/look';
import { bitsPerSecond } from '@topicast/contracts/units';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PacketList } from '../ffmpeg/packets.js';
import { inputOf, planEncoding } from '../ffmpeg/plan.js';
import { readProbe } from '../ffmpeg/probe.js';
import { describe } from './describe.js';

const limits = { maxHeight: 720, maxVideoBitrate: bitsPerSecond(3_000_000) };

const word = fc.oneof(
  fc.constantFrom(
    'h264 (High)',
    'aac (LC)',
    '48000 Hz',
    '0 Hz',
    'stereo',
    '7.1',
    'yuv420p(tv, bt2020nc/bt2020/smpte2084)',
  ),
  fc.constantFrom(
    '1920x1080 [SAR 0:1 DAR 0:0]',
    '00x00',
    '99999x10',
    '0.001 fps',
    '90k tbr',
    '(attached pic)',
  ),
  fc.string({ maxLength: 60 }),
);
const language = fc.oneof(fc.constantFrom('und', 'eng', 'ger', 'x'.repeat(35)), fc.string({ maxLength: 40 }));
const track = fc
  .tuple(
    fc.nat(70),
    language,
    fc.constantFrom('Video', 'Audio', 'Data', 'Subtitle'),
    fc.array(word, { maxLength: 6 }),
  )
  .map(
    ([index, spoken, kind, words]) => `  Stream #0:${index}[0x1](${spoken}): ${kind}: ${words.join(', ')}`,
  );
const beside = fc.constantFrom(
  '  Program 1',
  '  Program 70000',
  '  No Program',
  '    displaymatrix: rotation of -90.00 degrees',
);
const said = fc.array(fc.oneof({ weight: 4, arbitrary: track }, beside), { maxLength: 80 });

it('fits into what the API may answer, whatever ffmpeg says about the source', () => {
  fc.assert(
    fc.property(said, fc.boolean(), fc.option(fc.constantFrom('de', 'fra')), (lines, copy, wanted) => {
      const head = ["Input #0, mpegts, from 'x':", '  Duration: 00:00:06.00, start: 0'];
      const probe = readProbe([...head, ...lines], new PacketList())!;
      const source = { kind: 'file', path: '/x.ts', copy, language: wanted ?? undefined } as const;
      const planned = planEncoding(source, inputOf(source, 'linux'), probe, {
        ...{
          ladder: copy ? undefined : [{ height: 480 }, { height: 240 }],
          limits,
          mapsTones: true,
          libavformat: 59,
        },
      });
      if (!planned) return;
      expect(sourceLook.safeParse(describe(probe, planned, limits)).error).toBeUndefined();
    }),
  );
});
