import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { milliseconds } from '@topicast/contracts/units';
import { type Chunk, Chunker } from '@topicast/media/mpegts';
import { PICTURE, run, SOUND } from '@topicast/test/flv-film';
import { until } from '@topicast/test/poll';
import { temporaryFolder } from '@topicast/test/temporary';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RTCCertificate, RTCPeerConnection, useH264, useVP8 } from 'werift';
import { type Guest, openReception, type Reception, SECRET, STREAM } from '../testing/reception.js';
import { postOffer, WhipClient } from '../testing/whip-client.js';
import { newCertificate } from './dtls/certificate.js';
import { listenForWhip } from './listener.js';

const receive = (options: Parameters<typeof openReception>[0] = {}): Promise<Reception> =>
  openReception({ ...options, listen: listenForWhip });

const folder = temporaryFolder();
const film = path.join(folder.path, 'film.mkv');
beforeAll(() => {
  const video = '-c:v libx264 -profile:v baseline -preset ultrafast -g 30 -pix_fmt yuv420p';
  writeFileSync(film, run(`${PICTURE} ${SOUND} ${video} -c:a libopus -ac 2 -t 3 -f matroska`));
});
afterAll(() => folder[Symbol.dispose]());

/** Hashes of what a decoder gets. */
const pictures = (from: string, input?: Uint8Array): string[] =>
  Buffer.from(run(`-i ${from} -map 0:v -fps_mode passthrough -f framemd5`, input))
    .toString()
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)!.trim());

function chunksOf(guest: Guest): { readonly chunks: Chunk[]; readonly chunker: Chunker } {
  const chunks: Chunk[] = [];
  const chunker = new Chunker((chunk) => chunks.push(chunk));
  for (const part of guest.parts) chunker.push(part);
  return { chunks, chunker };
}

describe('an encoder that is let in', () => {
  it.each([
    ['at once', { lossPercent: 0 }],
    ['with every 20th packet lost, which is asked for again', { lossPercent: 5 }],
    ['that waits for our handshake', { rewrite: (offer: string) => offer.replaceAll('actpass', 'passive') }],
  ])('is passed on picture by picture, %s', async (_, options) => {
    await using reception = await receive();
    await using client = await WhipClient.publish(reception.listener.port, options);
    await until('its handshake is done', () => client.state === 'connected');
    await client.send(film, 2);
    const [guest] = reception.guests;
    const sent = pictures(film);
    await until(
      'all has come',
      () => chunksOf(guest!).chunks.filter(({ audioOnly }) => !audioOnly).length >= sent.length,
    );
    expect(pictures('pipe:0', Buffer.concat(guest!.parts))).toEqual(sent);
    const { chunks, chunker } = chunksOf(guest!);
    expect(chunker.tracks).toMatchObject([
      { kind: 'video', width: 320 },
      { kind: 'audio', codec: 'opus', channels: 2 },
    ]);
    expect(chunker.stats).toMatchObject({ continuityErrors: 0, droppedAccessUnits: 0 });
    // Sound that comes before the first picture can be joined, too.
    expect(chunks.filter(({ keyframe, audioOnly }) => keyframe && !audioOnly)).toHaveLength(3);
    expect(guest!.found).toEqual({ notes: [], damaged: 0 });
    const gone = await fetch(client.location, { method: 'DELETE' });
    expect(gone.status).toBe(200);
    await until('its seat is free', () => guest!.end);
    expect(guest!.end).toEqual({ why: 'finished' });
    expect((await fetch(client.location, { method: 'DELETE' })).status).toBe(404);
  });

  it('is told at once that it has to go', async () => {
    await using reception = await receive();
    await using client = await WhipClient.publish(reception.listener.port);
    await until('its handshake is done', () => client.state === 'connected');
    reception.guests[0]!.dismiss('The stream was stopped.');
    await until('it knows', () => client.state === 'closed');
    expect(reception.guests[0]!.end).toEqual({ why: 'gone' });
  });

  it('is ended when nothing comes, in words', async () => {
    await using reception = await receive({ patience: milliseconds(1_000) });
    await using _client = await WhipClient.publish(reception.listener.port);
    const [guest] = reception.guests;
    await until('it is ended', () => guest!.end);
    expect(guest!.end).toMatchObject({ why: 'cut', problem: expect.stringContaining('UDP') });
  });

  it('has to be the one whose certificate it described', async () => {
    await using reception = await receive();
    const { port } = reception.listener;
    const other = await newCertificate();
    const rewrite = (offer: string): string =>
      offer.replace(/a=fingerprint:sha-256 \S+/g, `a=fingerprint:sha-256 ${other.fingerprint}`);
    await using _stranger = await WhipClient.publish(port, { rewrite });
    await until('it is ended', () => reception.guests[0]?.end);
    expect(reception.guests[0]!.end).toMatchObject({ problem: expect.stringContaining('another one') });
    // The certificate is no secret; its key is.
    const mine = await newCertificate();
    const stolen = new RTCCertificate(mine.keyPem, other.certPem, other.signatureHash);
    await using _thief = await WhipClient.publish(port, { rewrite, certificate: stolen });
    await until('it is ended', () => reception.guests[1]?.end);
    expect(reception.guests[1]!.end).toMatchObject({ problem: expect.stringContaining('not signed') });
  });

  it('is not disturbed by strangers, who get no answer; and is missed when its seat has no more patience', async () => {
    await using reception = await receive({ patience: milliseconds(1e9), seatPatience: milliseconds(3_000) });
    await using client = await WhipClient.publish(reception.listener.port);
    await until('its handshake is done', () => client.state === 'connected');
    const socket = createSocket('udp4');
    let answers = 0;
    socket.on('message', () => answers++);
    // A check that nobody signed; the hello of a handshake; media; nonsense.
    const check = Buffer.from('000100002112a442b7e7a701bc34d686fa87dfae', 'hex');
    const hello = Buffer.from('16fefd000000000000000000130100000700000000000000070102030405060708', 'hex');
    for (const packet of [check, hello, Buffer.alloc(200, 0x80), Buffer.alloc(1, 7), Buffer.alloc(0)])
      socket.send(packet, reception.listener.port, '127.0.0.1');
    await client.send(film, 4);
    await until('pictures come', () => chunksOf(reception.guests[0]!).chunks.length > 20);
    expect(answers).toBe(0);
    socket.close();
    await once(socket, 'close');
    await until('it is missed', () => reception.guests[0]!.end);
    expect(reception.guests[0]!.end).toEqual({ why: 'gone' });
  });
});

describe('at the door', () => {
  const offer = async (video = useH264()): Promise<string> => {
    const connection = new RTCPeerConnection({ codecs: { video: [video] } });
    connection.addTransceiver('video', { direction: 'sendonly' });
    const { sdp } = await connection.createOffer();
    await connection.close();
    return sdp;
  };

  it('says why not, in words', async () => {
    await using reception = await receive();
    const { port, stats } = reception.listener;
    const good = await offer();
    for (const [answer, status] of [
      ['busy', 409],
      ['stopped', 403],
      ['unavailable', 503],
    ] as const) {
      reception.answer = answer;
      const response = await postOffer(port, good);
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(await response.json()).toMatchObject({ status, detail: expect.stringMatching(/\.$/) });
      expect(stats.refused[answer]).toBe(1);
    }
    const wrong = await postOffer(port, good, `${STREAM}.wrong`);
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    const elsewhere = await fetch(`http://127.0.0.1:${port}/whip/other`, {
      ...{ method: 'POST', body: good },
      headers: { 'content-type': 'application/sdp', authorization: `Bearer ${STREAM}.${SECRET}` },
    });
    expect(elsewhere.status).toBe(401);
    expect((await postOffer(port, 'v=1')).status).toBe(400);
    const vp8 = await postOffer(port, await offer(useVP8()));
    expect(vp8.status).toBe(406);
    expect(await vp8.json()).toMatchObject({ detail: expect.stringContaining('choose H.264') });
    // Nothing could be done with times of such a clock.
    expect((await postOffer(port, good.replaceAll('/90000', '/0'))).status).toBe(406);
    expect((await postOffer(port, good.padEnd(70_000))).status).toBe(413);
    const plain = await fetch(`http://127.0.0.1:${port}/whip`, { method: 'POST', body: good });
    expect(plain.status).toBe(415);
    expect(reception.guests).toHaveLength(0);
  });

  it('waits for nobody when it ends', async () => {
    const reception = await receive();
    const { port } = reception.listener;
    const socket = connect(port, '127.0.0.1');
    const head =
      'POST /whip HTTP/1.1\r\nhost: x\r\ncontent-type: application/sdp\r\ncontent-length: 9\r\n\r\nv=0';
    socket.write(head);
    await until('it is at the door', () => reception.listener.stats.connections > 0);
    const answer = text(socket);
    await reception.listener.close();
    expect(await answer).toMatch(/^HTTP\/1.1 503 /);
  });

  it('answers pages of any origin, and what RFC 9725 leaves out', async () => {
    await using reception = await receive();
    const address = `http://127.0.0.1:${reception.listener.port}/whip`;
    const preflight = await fetch(address, { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(preflight.headers.get('accept-post')).toBe('application/sdp');
    for (const [method, where, allow] of [
      ['GET', address, 'POST, OPTIONS'],
      ['PUT', address, 'POST, OPTIONS'],
      ['PATCH', `${address}/session/unknown`, 'DELETE, OPTIONS'],
    ] as const) {
      const response = await fetch(where, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    }
    expect((await fetch(address.replace('/whip', '/'))).status).toBe(404);
  });
});
