import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { StreamInfo } from '@topicast/contracts/http';
import type { BrowserContext, Locator, Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { FFMPEG } from '../support/ffprobe.js';
import { freePorts } from '../support/free-ports.js';
import { until } from '../support/poll.js';
import { startRtmpEncoder } from '../support/rtmp-encoder.js';
import { OPERATOR_TOKEN, type Services, startServices, testInput } from '../support/services.js';
import { temporaryFolder } from '../support/temporary.js';
import { startWebApp, type WebApp } from '../support/web-app.js';

const CAMERA = { kind: 'url', url: 'https://nobody.invalid/live.ts' } as const;

/** English in six channels, and German. */
function writeBilingualFilm(file: string): void {
  const inputs = '-f lavfi -i testsrc2=s=640x360:r=25 -f lavfi -i sine=r=48000 -f lavfi -i sine=r=44100';
  const tracks = '-map 0 -map 1 -map 2 -metadata:s:a:0 language=eng -metadata:s:a:1 language=ger';
  const codecs = '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac -ac:a:0 6';
  execFileSync(FFMPEG, `-v error -nostdin ${inputs} -t 4 ${tracks} ${codecs} ${file}`.split(' '));
}

describe('the studio', () => {
  const media = temporaryFolder();
  const film = path.join(media.path, 'film.mkv');
  let services: Services;
  let web: WebApp;
  let browser: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    writeBilingualFilm(film);
    const [port] = await freePorts(1);
    services = await startServices({
      inputs: [testInput('bound')],
      environment: { TOPICAST_WEB_PORT: String(port), TOPICAST_MEDIA_DIRS: media.path },
    });
    web = await startWebApp(port!, `http://127.0.0.1:${services.gateway.port}`);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await web?.close();
    await services?.close();
    media[Symbol.dispose]();
  });

  beforeEach(async () => {
    page = await browser.newPage();
  });
  afterEach(async () => {
    await page.close();
    const { streams } = (await services.api('GET', '/api/streams')).body as { streams: StreamInfo[] };
    const made = streams.filter(({ boundTo }) => boundTo === undefined);
    await Promise.all(made.map(({ id }) => services.api('DELETE', `/api/streams/${id}`)));
  });

  const create = async (id: string, source: StreamInfo['source'], title = id): Promise<void> => {
    expect((await services.api('POST', '/api/streams', { id, title, source })).status).toBe(201);
  };
  const open = async (): Promise<void> => {
    await page.goto(`${web.origin}/studio#token=${OPERATOR_TOKEN}`);
    await until('the list is there', async () => (await rows().count()) > 0);
  };
  const rows = (): Locator => page.locator('main li[aria-label]');
  const names = (): Promise<(string | null)[]> =>
    rows().evaluateAll((all) => all.map((row) => row.getAttribute('aria-label')));
  const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
  const dialog = (): Locator => page.getByRole('dialog');
  const infoOf = async (id: string) => (await services.api('GET', `/api/streams/${id}`)).body as StreamInfo;
  const edit = async (id: string, change: object): Promise<void> => {
    const { version } = await infoOf(id);
    expect((await services.api('PATCH', `/api/streams/${id}`, { version, ...change })).status).toBe(200);
  };
  /** The accessible name of what has the focus. */
  const focused = (): Promise<string | null | undefined> =>
    page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute('aria-label') ?? element?.textContent;
    });
  const focusedName = (): Promise<string | null | undefined> =>
    page.evaluate(() => document.activeElement?.getAttribute('name'));
  const untilFocused = (name: string) =>
    until(`the focus is on ${name}`, async () => (await focused()) === name);
  const heard = (): Promise<string[]> => page.getByRole('log').locator('p').allInnerTexts();
  const untilHeard = (text: string | RegExp) =>
    until(`it says ${text}`, async () =>
      (await heard()).some((said) => (typeof text === 'string' ? said === text : text.test(said))),
    );
  const changesSent = (): unknown[] => {
    const bodies: unknown[] = [];
    page.on('request', (request) => {
      if (request.method() === 'PATCH') bodies.push(request.postDataJSON());
    });
    return bodies;
  };

  it('creates a stream, checks the id while it is typed, and blames nobody for empty fields', async () => {
    await open();
    await button('New stream').click();
    const wrong = dialog().locator('[aria-invalid="true"]');
    const submit = dialog().getByRole('button', { name: 'Create stream' });
    expect(await wrong.count()).toBe(0);
    await dialog().getByLabel('Title').fill('Bound');
    expect(await dialog().innerText()).toMatch(/already exists/);
    await dialog().getByLabel('Title').fill('');
    expect(await wrong.count()).toBe(0);
    await submit.click();
    await until('the id has the focus', () => wrong.evaluate((field) => field === document.activeElement));
    await dialog().getByLabel('Title').fill('Camera');
    await submit.click();
    await untilHeard('Camera was created.');
    await untilFocused(' New stream');
    await untilHeard('Camera is live.');
  });

  it('edits a stream by keyboard, and sends only what was changed', async () => {
    await create('cam', { kind: 'test' }, 'Camera');
    await services.untilState('cam', 'live');
    await open();
    const sent = changesSent();
    await button('Edit Camera').focus();
    await page.keyboard.press('Enter');
    await untilFocused('');
    expect(
      await dialog()
        .getByRole('textbox')
        .evaluateAll((all) => all.map((each) => (each as HTMLInputElement).name)),
    ).toEqual(['title']);
    await page.keyboard.press('Control+A');
    await page.keyboard.type('Front door');
    await page.keyboard.press('Enter');
    await untilHeard('Front door is saved.');
    await untilFocused('Edit Front door');
    expect(await dialog().count()).toBe(0);
    expect(sent).toEqual([{ version: 0, title: 'Front door' }]);
    const { session } = await infoOf('cam');

    await button('Edit Front door').click();
    await dialog().getByText('720p + 360p', { exact: true }).click();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await until('it has two renditions', async () => {
      const now = await infoOf('cam');
      return now.state === 'live' && now.catalog?.renditions.length === 2 && now.session! > session!;
    });
    expect(sent.at(-1)).toEqual({ version: 1, ladder: [{ height: 720 }, { height: 360 }] });
    // Nothing was changed: nothing is sent.
    await button('Edit Front door').click();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await untilFocused('Edit Front door');
    expect(sent).toHaveLength(2);
  });

  it('lets the encoding be chosen, on a phone and by keyboard, and shows what is wrong at its field', async () => {
    await create('cam', { kind: 'test' }, 'Camera');
    await services.untilState('cam', 'live');
    const { session } = await infoOf('cam');
    await page.setViewportSize({ width: 375, height: 700 });
    await open();
    const sent = changesSent();
    await button('Edit Camera').click();
    const summary = dialog().getByText('Encoding', { exact: true });
    expect(await dialog().getByLabel('Louder by').isVisible()).toBe(false);
    await summary.focus();
    await dialog().locator('summary').press('Enter');
    await dialog().getByText('Balanced', { exact: true }).click();
    // Nothing but x264 works here, so there is nothing to choose.
    expect(await dialog().getByRole('combobox').count()).toBe(0);
    const height = dialog().getByLabel('Height, at most');
    await until('it tells the limit', async () => (await height.getAttribute('placeholder')) === '720');
    await height.fill('36');
    await dialog().getByLabel('Pictures a second').fill('15');
    await dialog().locator('summary').press('Enter');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await until('it is open again, and the wrong field has the focus', () =>
      height.evaluate((field) => field === document.activeElement),
    );
    expect(await dialog().innerText()).toMatch(/whole number from 144 to 2160/);
    await height.fill('360');
    await dialog().getByLabel('Send the sound').press('Space');
    expect(await dialog().getByLabel('Louder by').count()).toBe(0);
    const widest = await dialog().evaluate((box) => box.scrollWidth - box.clientWidth);
    expect(widest).toBe(0);
    // The gateway has the last word.
    const words = 'The processor of this server is too slow.';
    await page.route(
      '**/api/streams/cam',
      async (route) => {
        if (route.request().method() !== 'PATCH') return route.continue();
        const errors = [{ path: 'encoding.frameRate', message: words }];
        const headers = { 'access-control-allow-origin': web.origin };
        await route.fulfill({ status: 422, headers, json: { detail: words, errors } });
      },
      { times: 1 },
    );
    await dialog().getByRole('button', { name: 'Save' }).click();
    await until('it says so at the field', async () => (await dialog().innerText()).includes(words));
    expect(await focusedName()).toBe('frameRate');
    await page.keyboard.press('Enter');
    await untilFocused('Edit Camera');
    const encoding = { preset: 'balanced', height: 360, frameRate: 15, sound: 'off' };
    expect(sent.at(-1)).toEqual({ version: 0, encoding });
    await until('it is encoded so', async () => {
      const now = await infoOf('cam');
      const [track, ...others] = now.catalog?.renditions[0]?.tracks ?? [];
      const isSo = track?.kind === 'video' && track.height === 360 && track.frameRate === 15;
      return now.session! > session! && isSo && others.length === 0;
    });
    await button('Edit Camera').click();
    expect(await dialog().locator('summary').innerText()).toMatch(/Balanced, 360p, 15 fps, no sound/);
  });

  it('tells of a change by somebody else, loads it and keeps what was typed', async () => {
    await create('cam', { kind: 'test' }, 'Camera');
    await open();
    await button('Edit Camera').click();
    await dialog().getByText('Address', { exact: true }).click();
    await dialog().getByLabel('Address').last().fill('cam.example');
    await dialog().getByRole('button', { name: 'Save' }).click();
    expect(await dialog().locator('[aria-invalid="true"]').getAttribute('name')).toBe('url');
    await dialog().locator('[name="url"]').fill(CAMERA.url);
    await edit('cam', { title: 'Theirs' });
    await dialog().getByRole('button', { name: 'Save' }).click();
    await until('it says so', async () =>
      /Somebody has changed/.test(await dialog().getByRole('alert').innerText()),
    );
    await untilFocused('Load the newest version');
    expect((await infoOf('cam')).source).toEqual({ kind: 'test' });
    await page.keyboard.press('Enter');
    await untilFocused('Save');
    expect(await dialog().getByLabel('Title').inputValue()).toBe('Theirs');
    await page.keyboard.press('Enter');
    await until('both changes are made', async () => {
      const { title, source } = await infoOf('cam');
      return title === 'Theirs' && source?.kind === 'url';
    });
    await untilFocused('Edit Theirs');
  });

  it('keeps what is typed, and where, while the newest version loads', async () => {
    await create('cam', { kind: 'test' }, 'Camera');
    await open();
    await button('Edit Camera').click();
    await dialog().getByText('720p + 360p', { exact: true }).click();
    await edit('cam', { title: 'Theirs', source: CAMERA });
    await dialog().getByRole('button', { name: 'Save' }).click();
    await untilFocused('Load the newest version');
    let answer: (() => void) | undefined;
    const held = async (route: Route): Promise<void> => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      await route.continue();
    };
    await page.route('**/api/streams/cam', held, { times: 1 });
    await page.keyboard.press('Enter');
    await until('it was asked for', () => answer !== undefined);
    const title = dialog().getByLabel('Title');
    await title.fill('Front door');
    answer!();
    await until('it is loaded', async () => (await dialog().locator('[name="url"]').count()) === 1);
    await until('it says so', () => dialog().getByText('This is the newest version').isVisible());
    expect(await title.inputValue()).toBe('Front door');
    expect(await title.evaluate((field) => field === document.activeElement)).toBe(true);
    await dialog().getByRole('button', { name: 'Save' }).click();
    await untilFocused('Edit Front door');
    expect(await infoOf('cam')).toMatchObject({ source: CAMERA, ladder: [{ height: 720 }, { height: 360 }] });
  });

  it('says so, too, where every attempt to save meets another change', async () => {
    await create('cam', { kind: 'test' }, 'Camera');
    await open();
    await button('Edit Camera').click();
    await dialog().getByLabel('Title').fill('Front door');
    let attempts = 0;
    await page.route('**/api/streams/cam', async (route) => {
      if (route.request().method() === 'PATCH')
        await services.api('POST', `/api/streams/cam/${attempts++ % 2 === 0 ? 'stop' : 'start'}`);
      await route.continue();
    });
    await dialog().getByRole('button', { name: 'Save' }).click();
    await untilFocused('Load the newest version');
    expect(await dialog().getByRole('alert').innerText()).toMatch(/Somebody has changed/);
    expect(attempts).toBe(3);
    await page.unroute('**/api/streams/cam');
    await page.keyboard.press('Enter');
    await untilFocused('Save');
    await page.keyboard.press('Enter');
    await untilFocused('Edit Front door');
  });

  it('shows whatever else the gateway says to an edit', async () => {
    await create('cam', { kind: 'test' }, 'Camera');
    await open();
    await button('Edit Camera').click();
    await dialog().getByLabel('Title').fill('Front door');
    await page.route('**/api/streams/cam', async (route) => {
      if (route.request().method() !== 'PATCH') return route.continue();
      const headers = { 'access-control-allow-origin': web.origin };
      await route.fulfill({ status: 409, headers, json: { detail: 'Another program writes it.' } });
    });
    await dialog().getByRole('button', { name: 'Save' }).click();
    await until('it says so', async () =>
      (await dialog().getByRole('alert').allInnerTexts()).includes('Another program writes it.'),
    );
    expect(await focused()).toBe('Save');
  });

  it('makes no fuss where somebody else has only started or stopped the stream', async () => {
    await create('cam', { kind: 'test' }, 'Camera');
    await open();
    await button('Edit Camera').click();
    await dialog().getByLabel('Title').fill('Front door');
    await services.api('POST', '/api/streams/cam/stop');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await untilFocused('Edit Front door');
    expect(await infoOf('cam')).toMatchObject({ title: 'Front door', enabled: false });
  });

  it('lets the title of a stream of a command line be changed, and nothing else', async () => {
    await open();
    await button('Edit bound').click();
    expect(await dialog().innerText()).toMatch(/command line of the producer/);
    expect(await dialog().getByRole('radio').count()).toBe(0);
    await dialog().getByLabel('Title').fill('bound ');
    await page.keyboard.press('Escape');
    await untilFocused('Edit bound');
  });

  it('keeps the focus when the button that was used becomes another one, or disappears with its row', async () => {
    await create('a-camera', CAMERA);
    await create('b-test', { kind: 'test' });
    await services.untilState('a-camera', 'failed');
    await services.untilState('b-test', 'live');
    await open();
    await button('Stop b-test').focus();
    await page.keyboard.press('Enter');
    await untilFocused('Start b-test');
    await untilHeard('b-test is off air.');
    await page.keyboard.press('Enter');
    await untilFocused('Stop b-test');
    await untilHeard('b-test is live.');

    await button('Restart a-camera').focus();
    await edit('a-camera', { source: { kind: 'test' } });
    await untilFocused('Stop a-camera');

    await button('Preview b-test').focus();
    await services.api('POST', '/api/streams/b-test/stop');
    await untilFocused('Start b-test');

    const order = await names();
    expect(order.at(-1)).toBe('b-test');
    await button('Delete b-test').focus();
    await page.keyboard.press('Enter');
    await untilFocused('Keep it');
    await dialog().getByRole('button', { name: 'Delete', exact: true }).click();
    await untilFocused(order.at(-2)!);
    await untilHeard('b-test was deleted.');
    // The last one but the bound one, deleted by somebody else.
    await page.getByRole('link', { name: 'a-camera' }).focus();
    await services.api('DELETE', '/api/streams/a-camera');
    await untilFocused('bound');
  });

  it('keeps the focus when several rows disappear at once, or all of them', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await create(id, { kind: 'topic' });
    const gone = new Set<string>();
    await page.route('**/api/streams', async (route) => {
      const response = await route.fetch();
      const { streams } = (await response.json()) as { streams: StreamInfo[] };
      await route.fulfill({ response, json: { streams: streams.filter(({ id }) => !gone.has(id)) } });
    });
    const disappear = (...ids: string[]): void => ids.forEach((id) => void gone.add(id));
    await open();
    expect(await names()).toEqual(['bound', 'a', 'b', 'c', 'd', 'e']);
    const search = page.getByRole('searchbox', { name: 'Search' });
    const hasFocus = (): Promise<boolean> => search.evaluate((field) => field === document.activeElement);

    await page.getByRole('link', { name: 'b', exact: true }).focus();
    disappear('b', 'c');
    await untilFocused('d');
    expect(await search.count()).toBe(0);
    disappear('d', 'e');
    await untilFocused('a');
    disappear('a', 'bound');
    await untilFocused(' New stream');
    expect(await page.getByRole('heading', { name: 'No streams yet' }).isVisible()).toBe(true);

    gone.clear();
    await until('all of them are back', () => search.isVisible());
    await search.focus();
    disappear('a');
    await until('one is gone', async () => (await names()).length === 5);
    expect(await hasFocus()).toBe(true);
    await page.keyboard.press('Shift+Tab');
    expect(await search.count()).toBe(0);

    gone.clear();
    await until('the search is there', () => search.isVisible());
    await search.fill('nothing');
    await button('Show all streams').focus();
    await create('nothing', { kind: 'topic' });
    await until('it is found', async () => (await names()).length === 1);
    expect(await hasFocus()).toBe(true);
    disappear('a', 'b', 'c', 'd', 'e', 'nothing', 'bound');
    await untilFocused(' New stream');
  });

  it('says what happens by itself, once', async () => {
    await create('cam', { kind: 'test' }, 'Camera');
    await services.untilState('cam', 'live');
    await open();
    expect(await heard()).toEqual([]);
    await create('late', { kind: 'topic' }, 'Late');
    await untilHeard('Late was created.');
    await edit('cam', { source: CAMERA });
    await untilHeard(/^Camera failed: .*nobody\.invalid/);
    // It is tried again and again.
    await until('it was tried again', async () => ((await infoOf('cam')).restarts ?? 0) >= 2);
    expect((await heard()).filter((text) => text.startsWith('Camera'))).toHaveLength(1);
  });

  it('gives an encoder an address and a key, once, and a new key later', async () => {
    await open();
    await button('New stream').click();
    await dialog().getByLabel('Title').fill('Show');
    await dialog().getByText('OBS or another encoder', { exact: true }).click();
    await dialog().getByRole('button', { name: 'Create stream' }).click();
    const key = dialog().getByLabel('Stream key', { exact: true });
    await until('the key is there', () => key.isVisible());
    const server = await dialog().getByLabel('Server', { exact: true }).inputValue();
    const first = await key.inputValue();
    expect(first).toMatch(/^show\.[0-9a-f]{48}$/);
    await dialog().getByRole('button', { name: 'Done' }).click();
    const row = page.getByRole('listitem', { name: 'Show' });
    await until('it waits', async () => /Waiting for an encoder/.test(await row.innerText()));

    await using encoder = startRtmpEncoder(`${server}/${first}`);
    await untilHeard('Show is live.');
    await button('Edit Show').click();
    expect(await dialog().getByRole('radio', { name: 'Test picture' }).count()).toBe(0);
    await dialog().getByRole('button', { name: 'Make a new stream key' }).click();
    await until('the new key is there', () => key.isVisible());
    const second = await key.inputValue();
    expect(second).not.toBe(first);
    await encoder.ended;
    await dialog().getByRole('button', { name: 'Done' }).click();
    await using again = startRtmpEncoder(`${server}/${second}`);
    await services.untilState('show', 'live');
    expect(again.child.exitCode).toBeNull();
  });

  it('shows what is in a source before it goes on air, and what was found in it afterwards', async () => {
    await open();
    await button('New stream').click();
    await dialog().getByLabel('Title').fill('Film');
    await dialog().getByText('File', { exact: true }).click();
    const look = dialog().getByRole('button', { name: 'Look into it' });
    await look.click();
    const inside = dialog().getByRole('region', { name: 'What is in the source' });
    expect(await inside.getByRole('alert').innerText()).toBe('Name a file on the server.');
    await dialog().locator('[name="path"]').fill(path.join(media.path, 'gone.mkv'));
    await until('these words are gone', async () => (await inside.getByRole('alert').count()) === 0);
    await look.click();
    await until('it says that the file is missing', async () =>
      /There is no file/.test(await inside.getByRole('alert').innerText()),
    );
    await dialog().locator('[name="path"]').fill(film);
    await look.click();
    await until('the picture is there', () => inside.getByAltText('What the source shows').isVisible());
    const shown = await inside.innerText();
    expect(shown).toMatch(/A recording of 4 s, in matroska\. Viewers get 640 × 360/);
    expect(shown).toMatch(/Picture h264, 640 × 360, 25 fps encoded/);
    expect(shown).toMatch(/Sound aac, mono, 44\.1 kHz, German left out/);
    expect(shown).toMatch(/mixed down to stereo/);
    expect(
      await inside
        .getByAltText('What the source shows')
        .evaluate((image: HTMLImageElement) => image.naturalHeight),
    ).toBe(270);
    const languages = dialog().getByLabel('Language of the sound');
    await languages.selectOption({ label: 'German' });
    // What was seen stays: nothing else would be found. Only another sound is sent.
    expect(await inside.getByAltText('What the source shows').isVisible()).toBe(true);
    const chosen = await inside.innerText();
    expect(chosen).toMatch(/Sound aac, mono, 44\.1 kHz, German encoded/);
    expect(chosen).toMatch(/Sound aac, 5\.1, 48 kHz, English left out/);
    expect(chosen).toMatch(/The notes are from before you chose the language/);
    await dialog().getByRole('button', { name: 'Create stream' }).click();
    await services.untilState('film', 'live');
    expect((await infoOf('film')).source).toEqual({ kind: 'file', path: film, language: 'ger' });

    const row = page.getByRole('listitem', { name: 'Film' });
    await until('the row names the language', async () => /German/.test(await row.innerText()));
    await button('Edit Film').click();
    await languages.selectOption({ label: 'The first one' });
    await dialog().getByRole('button', { name: 'Save' }).click();
    await until('the note is in the row', async () =>
      (await row.getByRole('list', { name: 'Notes' }).allInnerTexts()).some((text) =>
        /mixed down/.test(text),
      ),
    );
  });

  it('shows what is on air, and says what is wrong with picture and sound, and since when', async () => {
    const { session } = (await services.untilState('bound', 'live')) as { session: number };
    const at = new Date().toISOString();
    const status = await services.log.table('topicast.status');
    const finding = { kind: 'black', since: at, words: 'The picture is black: look at the scene.' };
    const row = { at, session, findings: [finding], loudness: -19.6 };
    await status.put('analysis/bound', JSON.stringify(row));
    const still = [
      '-f',
      'lavfi',
      '-i',
      'smptebars=s=320x180',
      '-frames:v',
      '1',
      '-f',
      'image2pipe',
      '-c:v',
      'mjpeg',
    ];
    const jpeg = execFileSync(FFMPEG, ['-v', 'error', ...still, '-']).toString('base64');
    await (await services.log.table('topicast.thumbnails')).put(
      'bound',
      JSON.stringify({ at, session, jpeg }),
    );
    await open();
    const bound = page.getByRole('listitem', { name: 'bound' });
    const found = bound.getByRole('list', { name: 'Picture and sound' });
    expect(await found.innerText()).toMatch(/The picture is black: look at the scene\. Since \d[\d:]+.*\.$/);
    expect(await bound.locator('dl').innerText()).toMatch(/Loudness\s*−20 LUFS/);
    await until('the picture is shown', () =>
      bound.locator('img').evaluate((img: HTMLImageElement) => img.naturalWidth === 320),
    );
    await status.delete('analysis/bound');
    await until('it is no longer said', async () => (await found.count()) === 0);
  });

  it('has what runs first, and finds streams if there are many', async () => {
    await create('zoo', { kind: 'test' }, 'Zoo');
    await services.untilState('zoo', 'live');
    await open();
    expect(await page.getByRole('searchbox').count()).toBe(0);
    for (const id of ['one', 'two', 'three', 'four']) await create(id, { kind: 'topic' }, `Étage ${id}`);
    const search = page.getByRole('searchbox', { name: 'Search' });
    await until('the search is there', () => search.isVisible());
    expect(await names()).toEqual(['bound', 'Zoo', 'Étage four', 'Étage one', 'Étage three', 'Étage two']);
    await search.fill('TH etage');
    expect(await names()).toEqual(['Étage three']);
    await until('the number is told', () => page.getByText('1 of 6 streams').isVisible());
    await search.fill('nothing');
    expect(await page.getByRole('heading', { name: 'No stream is like that' }).isVisible()).toBe(true);
    await button('Show all streams').click();
    expect(await names()).toHaveLength(6);
    expect(await search.evaluate((field) => field === document.activeElement)).toBe(true);
    await search.fill('two');
    await services.api('DELETE', '/api/streams/one');
    // It stays while somebody searches.
    await untilHeard('Étage one was deleted.');
    expect(await search.isVisible()).toBe(true);
  });

  it('sends a stream on, says how that goes, and never shows the key again', async () => {
    await create('show', CAMERA, 'Show');
    await open();
    await button('Send Show on to other services').click();
    await dialog().getByText('can be shown on YouTube').waitFor();
    await dialog().getByLabel('Server').fill('rtmp://127.0.0.1/live');
    await dialog().getByLabel('Stream key').fill('a-secret-key');
    await button('Send it there').click();
    await dialog().getByText('is in a private network').waitFor();
    await dialog().getByLabel('Server').fill('rtmps://video.example/live');
    await button('Send it there').click();
    const row = dialog().getByRole('listitem', { name: 'video.example' });
    // Nobody has said anything yet.
    await row.getByText('Off air').waitFor();
    expect(await page.content()).not.toContain('a-secret-key');
    await button('Send no longer to video.example').click();
    await row.waitFor({ state: 'detached' });
    const server = dialog().getByLabel('Server');
    await until('the focus is in the form', () =>
      server.evaluate((field) => field === document.activeElement),
    );
  });
});
