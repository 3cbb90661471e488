import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PlaybackEvents, PlaybackFacts } from './playback.js';
import { TopicastPlayer } from './player.js';

let playback: { readonly events: PlaybackEvents };
vi.mock('./playback.js', () => ({
  Playback: class {
    constructor(_video: unknown, _url: string, _options: unknown, events: PlaybackEvents) {
      playback = { events };
    }
    hold(): void {}
    resume(): void {}
    report(): void {}
    close(): void {}
  },
}));

/**
 * The part of a video element that the player needs. As in a browser, `paused` changes at once, and the event comes
 * later.
 */
class FakeVideo extends EventTarget {
  paused = true;
  muted = true;
  load(): void {}
  play(): Promise<void> {
    this.#change(false, 'play');
    return Promise.resolve();
  }
  pause(): void {
    this.#change(true, 'pause');
  }
  #change(paused: boolean, type: string): void {
    if (this.paused === paused) return;
    this.paused = paused;
    setTimeout(() => this.dispatchEvent(new Event(type)));
  }
}

const playing: PlaybackFacts = { link: { status: 'open' }, stream: 'live', picture: 'moving' };
const standing: PlaybackFacts = { ...playing, picture: 'standing' };

let player: TopicastPlayer;
function setUp(src: string): void {
  const video = new FakeVideo() as unknown as HTMLVideoElement;
  player = new TopicastPlayer(video, { src });
}

beforeEach(() => vi.stubGlobal('document', { baseURI: 'https://example.org/' }));
afterEach(() => {
  player.destroy();
  vi.unstubAllGlobals();
});

describe('play()', () => {
  it('resolves when the picture moves, and at once when it does already', async () => {
    setUp('/live/demo');
    const first = player.play();
    playback.events.onReady();
    playback.events.onFacts(playing);
    await first;
    await player.play();
    expect(player.state.name).toBe('playing');
  });

  it('rejects each time when it has failed for good', async () => {
    setUp('ftp://example.org/');
    for (let time = 0; time < 2; time++) {
      await expect(player.play()).rejects.toMatchObject({ name: 'NotSupportedError' });
    }
  });

  it('rejects each time when the gateway has refused for good', async () => {
    setUp('/live/demo');
    const first = player.play();
    const problem = { reason: 'unsupported', message: 'It cannot be.' } as const;
    playback.events.onFacts({ link: { status: 'failed', problem }, picture: 'none' });
    await expect(first).rejects.toMatchObject({ name: 'NotSupportedError' });
    await expect(player.play()).rejects.toMatchObject({ name: 'NotSupportedError' });
  });

  it('waits out the end of a pause, however often it is called', async () => {
    setUp('/live/demo');
    const first = player.play();
    playback.events.onReady();
    playback.events.onFacts(playing);
    await first;
    player.pause();
    playback.events.onFacts(standing);
    expect(player.state.name).toBe('paused');
    const again = [player.play(), player.play()];
    await vi.waitFor(() => expect(player.state.name).toBe('buffering'));
    playback.events.onFacts(playing);
    await Promise.all(again);
  });
});
