import { coverage, createPicture, mix, type Picture, paint, type Rgb, stamp } from './canvas.js';
import { TEST_PICTURE } from './format.js';
import { glyphWidth, renderGlyph } from './segments.js';

const { width: WIDTH, height: HEIGHT } = TEST_PICTURE;

const INK: Rgb = [226, 240, 255];
const ACCENT: Rgb = [56, 189, 248];
const WARM: Rgb = [251, 146, 60];
const PANEL: Rgb = [13, 19, 33];
const BARS: readonly Rgb[] = [
  [235, 235, 235],
  [235, 235, 16],
  [16, 235, 235],
  [16, 235, 16],
  [235, 16, 235],
  [235, 16, 16],
  [16, 16, 235],
];

const SOFT_BARS = BARS.map((colour) => mix(colour, PANEL, 0.22));
const GREYS = Array.from({ length: 16 }, (_, step): Rgb => [step * 17, step * 17, step * 17]);
/** Faint lines by which the eye can judge sharpness and shape. */
const GRID = mix(PANEL, ACCENT, 0.22);

const BAR_TOP = 560;
const RAMP_TOP = 528;
const CLOCK = { left: 408, top: 196, height: 152, small: 64 };
const RING = { x: 216, y: 280, radius: 128, dots: 48, dot: 16, core: 112 };
const TRACK = { left: 408, right: 1208, top: 408, size: 32 };
/** Lit for the length of the tone, so that picture and sound can be compared. */
const FLASH_MS = 100;

type Stamp = readonly [tile: Picture, left: number, top: number];

/**
 * The test picture: colour bars, a clock in UTC, a ring that goes round once a second and flashes with the tone, and a
 * block that moves evenly. The moving parts are opaque tiles, drawn beforehand and laid over a fixed background, so a
 * frame costs only a few copies.
 */
export class TestCard {
  readonly #background = createPicture(WIDTH, HEIGHT);
  readonly #large = glyphs(CLOCK.height, INK);
  readonly #small = glyphs(CLOCK.small, ACCENT);
  readonly #dots = Array.from({ length: RING.dots }, (_, age) => dotTile(age));
  readonly #core = { off: coreTile(mix(PANEL, WARM, 0.14)), on: coreTile(WARM) };
  readonly #block = blockTile();
  readonly #trackBed = createPicture(TRACK.right - TRACK.left, TRACK.size);

  constructor() {
    paint(this.#background, backgroundAt);
    paint(this.#trackBed, (_, y) => (y >= 14 && y < 18 ? mix(PANEL, INK, 0.2) : PANEL));
    let left = CLOCK.left + this.#textWidth('00:00:00') + 20;
    for (const character of 'UtC') {
      stamp(this.#small(character), this.#background, left, CLOCK.top);
      left += this.#small(character).width;
    }
  }

  /** A picture with everything that never changes, as the background of each frame. */
  frame(): Picture {
    const picture = createPicture(WIDTH, HEIGHT);
    picture.data.set(this.#background.data);
    return picture;
  }

  /** Draw the moment, in milliseconds since the epoch, into a picture made by `frame`. */
  draw(onto: Picture, time: number): void {
    for (const [tile, left, top] of [...this.#clock(time), ...this.#ring(time), ...this.#moving(time)]) {
      stamp(tile, onto, left, top);
    }
  }

  *#clock(time: number): Iterable<Stamp> {
    const text = new Date(time).toISOString();
    let left = CLOCK.left;
    for (const character of text.slice(11, 19)) {
      const tile = this.#large(character);
      yield [tile, left, CLOCK.top];
      left += tile.width;
    }
    left += 20;
    for (const character of text.slice(20, 23)) {
      const tile = this.#small(character);
      yield [tile, left, CLOCK.top + CLOCK.height - CLOCK.small];
      left += tile.width;
    }
  }

  *#ring(time: number): Iterable<Stamp> {
    const head = Math.floor(((time % 1000) / 1000) * RING.dots);
    for (let dot = 0; dot < RING.dots; dot++) {
      const angle = (dot / RING.dots) * 2 * Math.PI;
      const age = (head - dot + RING.dots) % RING.dots;
      yield [
        this.#dots[age]!,
        even(RING.x + Math.sin(angle) * RING.radius - RING.dot / 2),
        even(RING.y - Math.cos(angle) * RING.radius - RING.dot / 2),
      ];
    }
    const core = time % 1000 < FLASH_MS ? this.#core.on : this.#core.off;
    yield [core, RING.x - RING.core / 2, RING.y - RING.core / 2];
  }

  *#moving(time: number): Iterable<Stamp> {
    const way = (time % 4000) / 2000;
    const share = way < 1 ? way : 2 - way;
    yield [this.#trackBed, TRACK.left, TRACK.top];
    yield [this.#block, even(TRACK.left + share * (TRACK.right - TRACK.left - TRACK.size)), TRACK.top];
  }

  #textWidth(text: string): number {
    return [...text].reduce((sum, character) => sum + glyphWidth(character, CLOCK.height), 0);
  }
}

const even = (value: number): number => 2 * Math.round(value / 2);

function glyphs(height: number, colour: Rgb): (character: string) => Picture {
  const made = new Map(
    [...'0123456789:UtC'].map((character) => [
      character,
      renderGlyph(character, { height, colour, background: PANEL }),
    ]),
  );
  return (character) => made.get(character)!;
}

function backgroundAt(x: number, y: number): Rgb {
  if (y >= BAR_TOP) return SOFT_BARS[Math.floor((x / WIDTH) * SOFT_BARS.length)]!;
  if (y >= RAMP_TOP) return GREYS[Math.floor((x / WIDTH) * GREYS.length)]!;
  return y < 80 && (x % 40 < 2 || y % 40 < 2) ? GRID : PANEL;
}

function dotTile(age: number): Picture {
  const tile = createPicture(RING.dot, RING.dot);
  const strength = Math.max(0.1, 1 - age / 32);
  const centre = RING.dot / 2;
  paint(tile, (x, y) => {
    const share = coverage(Math.hypot(x + 0.5 - centre, y + 0.5 - centre) - 5);
    return mix(PANEL, ACCENT, share * strength);
  });
  return tile;
}

function coreTile(colour: Rgb): Picture {
  const tile = createPicture(RING.core, RING.core);
  const centre = RING.core / 2;
  paint(tile, (x, y) =>
    mix(PANEL, colour, coverage(Math.hypot(x + 0.5 - centre, y + 0.5 - centre) - (centre - 4))),
  );
  return tile;
}

function blockTile(): Picture {
  const tile = createPicture(TRACK.size, TRACK.size);
  paint(tile, () => ACCENT);
  return tile;
}
