import { slowReaders } from '@topicast/contracts/testing/hostile-text';
import { judgeSource } from '@topicast/sources';
import { expect, it } from 'vitest';
import { readProducerConfig } from './config.js';
import { explain } from './ffmpeg/explain.js';
import { maskSecrets } from './ffmpeg/mask-secrets.js';
import { PacketList } from './ffmpeg/packets.js';
import { readProbe } from './ffmpeg/probe.js';
import { StderrTail } from './ffmpeg/stderr-tail.js';
import { canBeReadTwice } from './hand-over.js';

/** As it comes from a pipe, in pieces. */
function throughTail(text: string): string[] {
  const tail = new StderrTail(2_000);
  for (let at = 0; at < text.length; at += 8_192) {
    tail.push(text.slice(at, at + 8_192));
    tail.lines();
  }
  return tail.lines();
}

/** No row and no request has a longer address. */
const asAddress = (text: string): string => text.slice(0, 4_096);

it('no file name, tag, playlist or address keeps the event loop', () => {
  const rules = { trusted: false, mediaDirs: ['/media'], allowPrivateUrls: false };
  const readers = {
    "ffmpeg's lines": throughTail,
    secrets: maskSecrets,
    'what a probe found': (text: string) =>
      readProbe(throughTail(`Input #0\n  Stream #0:0${text}\n Duration: ${text}`), new PacketList()),
    'a line as long as it is': (text: string) =>
      readProbe(['Input #0', `  Stream #0:0${text}`, `  Duration: ${text}`], new PacketList()),
    'a list of packets': (text: string) => {
      const list = new PacketList();
      for (let at = 0; at < text.length; at += 8_192) list.push(Buffer.from(text.slice(at, at + 8_192)));
      return list.isEnough;
    },
    explanation: (text: string) => explain({ kind: 'test' }, [text], text),
    'address that is called': (text: string) => canBeReadTwice({ kind: 'url', url: `srt://a?${text}` }),
    'an address': (text: string) => judgeSource({ kind: 'url', url: text }, rules).catch(() => undefined),
    'host of an address': (text: string) =>
      judgeSource({ kind: 'url', url: `http://${asAddress(text)}/` }, rules).catch(() => undefined),
    'name of a file': (text: string) =>
      judgeSource({ kind: 'file', path: text }, rules).catch(() => undefined),
    settings: (text: string) =>
      readProducerConfig({
        TOPICAST_PRODUCER_ID: text,
        TOPICAST_MEDIA_DIRS: text,
        TOPICAST_SRT_PORTS: text,
        TOPICAST_PUBLIC_SRT_HOST: text,
      }),
  };
  expect(slowReaders(readers)).toEqual([]);
});
