import { AAC, flvFilm, messagesOf, PICTURE, SOUND, X264 } from '@topicast/test/flv-film';
import { describe, expect, it } from 'vitest';
import { readAudioTag, writeAudioTag } from './audio-tag.js';
import { readVideoTag, writeVideoTag } from './video-tag.js';

describe('tags that are written', () => {
  it("have the bytes of ffmpeg's, with B-frames and all", () => {
    const film = flvFilm(
      `${PICTURE} ${SOUND} ${X264.replace('-tune zerolatency', '-bf 2')} -ac 1 ${AAC} -t 1`,
    );
    let pictures = 0;
    let frames = 0;
    for (const { kind, body } of messagesOf(film)) {
      if (kind === 'video') {
        const tag = readVideoTag(body);
        if (tag.kind !== 'config' && tag.kind !== 'picture') continue;
        if (tag.kind === 'picture') pictures++;
        const cut = Math.floor(tag.data.byteLength / 2);
        const data = [tag.data.subarray(0, cut), tag.data.subarray(cut)];
        expect(writeVideoTag({ ...tag, data })).toEqual(new Uint8Array(body));
      } else {
        const tag = readAudioTag(body);
        if (tag.kind !== 'config' && tag.kind !== 'frame') continue;
        frames++;
        expect(writeAudioTag(tag.kind, tag.codec, tag.data)).toEqual(new Uint8Array(body));
      }
    }
    expect([pictures, frames > 40]).toEqual([30, true]);
  });

  // veovera.org, Enhanced RTMP v2: 0x90 = header 1, key 1, sequence start 0; 0xa1 = header 1, inter 2, coded frames 1.
  it('of Enhanced RTMP begin with the name of the codec', () => {
    const data = [Uint8Array.of(1, 2)];
    expect([...writeVideoTag({ kind: 'config', codec: 'hevc', data })]).toEqual([
      ...[0x90, ...Buffer.from('hvc1'), 1, 2],
    ]);
    const picture = { kind: 'picture', codec: 'hevc', isKey: false, compositionMs: -1, data } as const;
    expect([...writeVideoTag(picture)]).toEqual([0xa1, ...Buffer.from('hvc1'), 0xff, 0xff, 0xff, 1, 2]);
    expect(readVideoTag(writeVideoTag(picture))).toMatchObject({ isKey: false, compositionMs: -1 });
    expect([...writeAudioTag('frame', 'opus', data[0]!)]).toEqual([0x91, ...Buffer.from('Opus'), 1, 2]);
  });
});
