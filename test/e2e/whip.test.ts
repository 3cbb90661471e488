import type { CreatedStream } from '@topicast/contracts/http';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import type { PageServer } from '../support/page-server.js';
import { openPlayer, playback, servePlayerPages } from '../support/player-page.js';
import { until } from '../support/poll.js';
import { type Services, startServices } from '../support/services.js';

let services: Services;
let browser: BrowserContext;
let pages: PageServer;

beforeAll(async () => {
  pages = await servePlayerPages();
  // Its WebRTC leaves out the only network that a test needs.
  browser = await launchChromium({ args: ['--allow-loopback-in-peer-connection'] });
  services = await startServices({ environment: { TOPICAST_WHIP_PORT: '0', TOPICAST_HOST: '127.0.0.1' } });
});
afterAll(async () => {
  await browser?.close();
  await services?.close();
  await pages?.close();
});

/** What a page does that publishes by WHIP, and no more. */
async function publish(page: Page, address: string, key: string): Promise<number> {
  return page.evaluate(
    async ([url, token]) => {
      const canvas = document.createElement('canvas');
      const context = canvas.getContext('2d')!;
      let count = 0;
      setInterval(() => {
        count += 9;
        context.fillStyle = `hsl(${count % 360} 80% 50%)`;
        context.fillRect(0, 0, canvas.width, canvas.height);
      }, 50);
      const sound = new AudioContext();
      const output = sound.createMediaStreamDestination();
      const tone = sound.createOscillator();
      tone.connect(output);
      tone.start();
      const connection = new RTCPeerConnection();
      for (const track of [...canvas.captureStream(20).getTracks(), ...output.stream.getTracks()])
        connection.addTransceiver(track, { direction: 'sendonly' });
      await connection.setLocalDescription();
      const response = await fetch(url!, {
        method: 'POST',
        headers: { 'content-type': 'application/sdp', authorization: `Bearer ${token}` },
        body: connection.localDescription!.sdp,
      });
      const sdp = await response.text();
      if (response.status === 201) await connection.setRemoteDescription({ type: 'answer', sdp });
      Object.assign(window, { connection });
      return response.status;
    },
    [address, key],
  );
}

it('a page publishes by WebRTC, and another one plays it', async () => {
  const { body } = await services.api('POST', '/api/streams', { id: 'show', source: { kind: 'ingest' } });
  const { whip, key } = (body as CreatedStream).ingest!;
  const publisher = await browser.newPage();
  await publisher.goto(`${pages.origin}/player`);
  expect(await publish(publisher, whip!, `${key}0`)).toBe(401);
  expect(await publish(publisher, whip!, key)).toBe(201);
  await services.untilState('show', 'live');

  const page = await browser.newPage();
  await openPlayer(page, pages, '/player', services.address('show'));
  const before = await until('there is a video', () => playback(page));
  await until('the picture moves', async () => {
    const now = await playback(page);
    return now.time > before.time + 2 && now.pictures > before.pictures + 20;
  });
  const { body: live } = await services.api('GET', '/api/streams/show');
  expect(JSON.stringify(live)).toMatch(/"codec":"avc1[^}]*\}.*"codec":"opus"/);
  // It says goodbye by DTLS, so there is no slate.
  await publisher.evaluate(() => (window as unknown as { connection: RTCPeerConnection }).connection.close());
  await services.untilState('show', 'offline');
  await publisher.close();
});
