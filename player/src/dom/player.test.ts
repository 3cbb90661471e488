import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PlayerOptions, PlayerRendition, WantedRendition } from '../core/types.js';
import type { PlaybackEvents, PlaybackFacts } from './playback.js';
import { TopicastPlayer } from './player.js';

let playback: {
  readonly events: PlaybackEvents;
  readonly options: PlayerOptions;
  /** Asked for while playing. */
  readonly asked: WantedRendition[];
};
vi.mock('./playback.js', () => ({
  Playback: class {
    constructor(_video: unknown, _url: string, options: PlayerOptions, events: PlaybackEvents) {
      playback = { events, options, asked: [] };
    }
    setRendition(rendition: WantedRendition): void {
      playback.asked.push(rendition);
    }
    hold(): void {}
    resume(): void {}
    report(): void {}
    sample(): object {
      return {};
    }
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
  volume = 1;
  isConnected = true;
  ended = false;
  error = null;
  readyState = 4;
  getRootNode(): object {
    return {};
  }
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
let video: FakeVideo;
function setUp(src: string): void {
  video = new FakeVideo();
  player = new TopicastPlayer(video as unknown as HTMLVideoElement, { src });
}

beforeEach(() => {
  vi.stubGlobal(
    'document',
    Object.assign(new EventTarget(), { baseURI: 'https://example.org/', hidden: false }),
  );
  vi.stubGlobal('addEventListener', () => undefined);
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('HTMLMediaElement', { HAVE_NOTHING: 0 });
});
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

describe('a pause', () => {
  const event = (type: string) => document.dispatchEvent(new Event(type));
  const hide = (hidden: boolean) => {
    Object.assign(document, { hidden });
    event('visibilitychange');
  };
  /** Events of the video come a task later. */
  const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
  const start = async () => {
    setUp('/live/demo');
    const started = player.play();
    playback.events.onReady();
    playback.events.onFacts(playing);
    await started;
    await settle();
  };
  const rests = { name: 'paused', continues: true };

  it('of a page that is frozen ends with the freeze', async () => {
    await start();
    event('freeze');
    await settle();
    expect(player.state).toEqual(rests);
    expect(video.paused).toBe(true);
    event('resume');
    // Without sound, in a hidden tab, there is nothing to see yet.
    hide(true);
    event('freeze');
    event('resume');
    expect(player.state).toEqual(rests);
    hide(false);
    expect(player.state.name).toBe('playing');
    expect(video.paused).toBe(false);
  });

  it('of the viewer stays, whatever the page goes through', async () => {
    await start();
    player.pause();
    for (const type of ['freeze', 'resume']) event(type);
    for (const hidden of [true, false]) hide(hidden);
    await settle();
    expect(player.state).toEqual({ name: 'paused' });
  });

  it('of the viewer stays, also one that came while the player rested', async () => {
    await start();
    event('freeze');
    player.pause();
    event('resume');
    await settle();
    expect(player.state).toEqual({ name: 'paused' });
  });

  it('of the browser ends when somebody sees the video, and `play` ends it sooner', async () => {
    await start();
    hide(true);
    video.pause();
    await settle();
    expect(player.state).toEqual(rests);
    void player.play();
    await settle();
    expect(player.state.name).toBe('playing');
    video.pause();
    await settle();
    expect(player.state).toEqual(rests);
    hide(false);
    await settle();
    expect(player.state.name).toBe('playing');
  });

  it('of media that could not be decoded is none: the next ones are on their way', async () => {
    await start();
    video.readyState = 0;
    video.pause();
    await settle();
    expect(player.state.name).toBe('playing');
    playback.events.onReady();
    expect(video.paused).toBe(false);
  });

  it('with the end of picture in picture ends, whichever of the two comes first', async () => {
    await start();
    for (const steps of [
      () => [video.pause(), setTimeout(() => video.dispatchEvent(new Event('leavepictureinpicture')), 2)],
      () => [video.dispatchEvent(new Event('leavepictureinpicture')), video.pause()],
    ]) {
      steps();
      await settle();
      expect(player.state.name).toBe('playing');
      expect(video.paused).toBe(false);
      // So that one end has nothing to do with the other.
      await new Promise((resolve) => setTimeout(resolve, 350));
    }
    video.pause();
    await settle();
    expect(player.state).toEqual({ name: 'paused' });
  });
});

describe('the rendition', () => {
  const renditions: readonly PlayerRendition[] = [0, 1].map((rendition) => ({ rendition, playable: true }));

  it('is asked for while it plays, once, and of the next playback from the start', async () => {
    setUp('/live/demo');
    player.play().catch(() => {});
    expect(playback.options.rendition).toBeUndefined();
    player.rendition = 1;
    player.rendition = 1;
    expect(playback.asked).toEqual([1]);
    player.stop();
    player.play().catch(() => {});
    expect(playback.options.rendition).toBe(1);
    player.rendition = 'auto';
    expect(playback.asked).toEqual(['auto']);
  });

  it('comes from a catalog: both are told, and a stop forgets what is on offer', () => {
    setUp('/live/demo');
    const told: unknown[] = [];
    player.addEventListener('catalogchange', ({ detail }) => told.push(detail));
    player.addEventListener('renditionchange', ({ detail }) => told.push(detail.rendition));
    player.play().catch(() => {});
    playback.events.onCatalog(renditions);
    playback.events.onRendition(1);
    expect(told).toEqual([renditions, 1]);
    expect(player.renditions).toEqual(renditions);
    player.stop();
    expect(player.renditions).toEqual([]);
  });
});
