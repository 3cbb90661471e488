import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeAnswer } from './answer.js';
import { type Choice, choose } from './choice.js';
import { type Offer, readOffer } from './offer.js';

const FINGERPRINT = Array.from({ length: 32 }, () => 'AB').join(':');
const TRANSPORT = [
  'a=ice-ufrag:abcd',
  'a=ice-pwd:0123456789abcdef012345',
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
];
const COUNTED = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
/** As Chromium writes them, shortened. */
const AUDIO = [
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 0',
  'a=mid:0',
  'a=sendonly',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 useinbandfec=1',
  'a=rtpmap:0 PCMU/8000',
];
const VIDEO = [
  ...['m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103', 'a=mid:1', 'a=sendonly', `a=extmap:4 ${COUNTED}`],
  ...[
    'a=rtpmap:96 VP8/90000',
    'a=rtpmap:97 H264/90000',
    'a=fmtp:97 packetization-mode=0;profile-level-id=42001f',
  ],
  ...[
    'a=rtpmap:102 H264/90000',
    'a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f',
  ],
  ...[
    'a=rtcp-fb:102 nack',
    'a=rtcp-fb:102 nack pli',
    'a=rtcp-fb:102 transport-cc',
    'a=rtcp-fb:102 goog-remb',
  ],
  ...['a=rtpmap:103 rtx/90000', 'a=fmtp:103 apt=102'],
];
const DATA = ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=mid:2'];
const offerOf = (...sections: readonly string[][]): string => {
  const mids = sections.map((lines) => lines.find((line) => line.startsWith('a=mid:'))!.slice(6));
  const head = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', `a=group:BUNDLE ${mids.join(' ')}`];
  return [...head, ...sections.flatMap((lines) => [...lines, 'a=setup:actpass', ...TRANSPORT])].join('\r\n');
};
const read = (text: string): Offer => {
  const offer = readOffer(text);
  if (typeof offer === 'string') throw new Error(offer);
  return offer;
};
const chosen = (offer: Offer): Choice => {
  const choice = choose(offer);
  if (typeof choice === 'string') throw new Error(choice);
  return choice;
};
const FACTS = {
  ...{
    ice: { fragment: 'ours', password: 'our-password' },
    fingerprint: FINGERPRINT,
    setup: 'passive' as const,
  },
  ...{ addresses: ['192.0.2.1', '2001:db8::1'], port: 1937, sessionId: 5 },
};

describe('an offer', () => {
  it('of a browser is taken: H.264 in pieces with its repairs, and Opus', () => {
    const { picture, sound, notes } = chosen(read(offerOf(AUDIO, VIDEO)));
    expect(picture.codec).toMatchObject({ payloadType: 102, name: 'h264', rate: 90_000 });
    expect(picture.repair?.payloadType).toBe(103);
    expect(picture.transportSequenceId).toBe(4);
    expect(sound?.codec.payloadType).toBe(111);
    expect(notes).toEqual([]);
  });

  it('without H.264 is refused in words, and with other sound there is a note', () => {
    const vp8 = VIDEO.map((line) => line.replace('H264', 'VP9'));
    expect(choose(read(offerOf(AUDIO, vp8)))).toMatch(/VP8, VP9.*choose H\.264/);
    expect(choose(read(offerOf(AUDIO)))).toContain('no picture');
    const pcm = AUDIO.map((line) => line.replace('opus/48000/2', 'PCMA/8000'));
    const { sound, notes } = chosen(read(offerOf(pcm, VIDEO)));
    expect(sound).toBeUndefined();
    expect(notes).toEqual([expect.stringContaining('choose Opus')]);
  });

  it.each([
    ['nothing', '', 'no session description'],
    ['no media', 'v=0\r\n', 'no media'],
    ['no credentials', offerOf(VIDEO).replace('a=ice-ufrag:abcd', ''), 'credentials'],
    ['no fingerprint', offerOf(VIDEO).replace(/a=fingerprint.*/g, ''), 'fingerprint'],
    ['a weak fingerprint', offerOf(VIDEO).replace('sha-256', 'sha-1'), 'fingerprint'],
    ['a transport for each', offerOf(AUDIO, VIDEO).replace(/a=group.*/, ''), 'BUNDLE'],
    [
      'one mid twice',
      offerOf(
        AUDIO,
        VIDEO.map((line) => line.replace('mid:1', 'mid:0')),
      ),
      'mid each',
    ],
    ['no mid', offerOf(VIDEO).replace('a=mid:1', ''), 'cannot be read'],
    ['too many media', offerOf(...Array<string[]>(20).fill(VIDEO)), 'too many'],
  ])('with %s is not understood, in words', (_, text, words) => {
    expect(readOffer(text)).toContain(words);
  });

  it('can be anything', () => {
    const line = fc.oneof(fc.string(), fc.constantFrom(...AUDIO, ...VIDEO, ...TRANSPORT, 'v=0', 'a=mid:\n'));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), fc.boolean(), (lines, isWhole) => {
        const offer = readOffer((isWhole ? ['v=0', ...lines] : lines).join('\n'));
        if (typeof offer !== 'string') choose(offer);
      }),
      { numRuns: 500 },
    );
  });

  it('of many long lines is read at once', () => {
    const long = `${'a=rtcp-fb:102 '.padEnd(60_000, 'x -_=;:/')}\r\n`;
    const many = 'a=rtpmap:1 a/1\r\n'.repeat(3_900);
    for (const text of [
      `v=0\r\n${long}`,
      `v=0\r\nm=video 9 X 1\r\na=mid:1\r\n${many}`,
      'v=0'.padEnd(64_000, '\n'),
    ])
      expect(readOffer(text)).toBeTypeOf('string');
  });
});

describe('the answer', () => {
  it('takes what was chosen in its order, and refuses the rest', () => {
    const offer = read(offerOf(AUDIO, VIDEO, DATA));
    const answer = writeAnswer(offer, chosen(offer), FACTS);
    const lines = answer.split('\r\n');
    expect(lines.filter((line) => line.startsWith('m='))).toEqual([
      'm=audio 1937 UDP/TLS/RTP/SAVPF 111',
      'm=video 1937 UDP/TLS/RTP/SAVPF 102 103',
      'm=application 0 UDP/DTLS/SCTP webrtc-datachannel',
    ]);
    expect(lines).toContain('a=group:BUNDLE 0 1');
    expect(lines).toContain('a=ice-lite');
    expect(lines).toContain('a=rtcp-fb:102 transport-cc');
    expect(lines).not.toContain('a=rtcp-fb:102 goog-remb');
    expect(answer).toContain(' 192.0.2.1 1937 typ host');
    expect(answer).toContain(' 2001:db8::1 1937 typ host');
  });

  it('repeats nothing that could add a line', () => {
    const evil = fc.string().map((text) => `a=mid:1${text}`);
    fc.assert(
      fc.property(evil, (line) => {
        const text = offerOf(VIDEO.map((each) => (each === 'a=mid:1' ? line.replaceAll('\n', '') : each)));
        const offer = readOffer(text);
        if (typeof offer === 'string') return;
        const choice = choose(offer);
        if (typeof choice === 'string') return;
        const lines = writeAnswer(offer, choice, FACTS).split(/[\r\n]+/);
        expect(lines.filter((each) => each.startsWith('m='))).toHaveLength(1);
      }),
    );
  });
});
