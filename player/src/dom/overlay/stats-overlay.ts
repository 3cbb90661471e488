import { factsOf, graphsOf, partsOf, pictureOf, shortLine } from '../../core/overlay-facts.js';
import type { Diagnostics, TraceSample } from '../../core/types.js';
import { copyText } from './copy-text.js';
import { button, Dynamic, element } from './elements.js';
import { drawGraph, GRAPH_COLOURS } from './graph.js';
import { PART_COLOURS, STYLE } from './style.js';

/** What the overlay shows. */
export interface Watched {
  readonly samples: readonly TraceSample[];
  diagnostics(): Promise<Diagnostics>;
}

const DRAW_MS = 500;
/** In a narrower element, which is lower as well, the panel would cover the picture and have no room for its last lines. */
const NARROW_PX = 720;
const TOLD_FOR_MS = 2_000;

/** Whether the host did not grow for what is at its end, or something around it hides that. */
function isCut(host: Element, inside: Element): boolean {
  const { bottom } = inside.getBoundingClientRect();
  const endsAbove = (box: Element) => box.getBoundingClientRect().bottom < bottom - 1;
  if (endsAbove(host)) return true;
  for (let box = parentOf(host); box && box !== document.body; box = parentOf(box))
    if (/hidden|clip/.test(getComputedStyle(box).overflowY) && endsAbove(box)) return true;
  return false;
}

/** As the page lays them out. */
function parentOf(box: Element): Element | null {
  const root = box.getRootNode();
  return box.assignedSlot ?? box.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}

/** Statistics over the picture of a player, or below it, inside of its shadow root. */
export class StatsOverlay {
  readonly #host: HTMLElement;
  readonly #watched: () => Watched | undefined;
  readonly #sheet = new CSSStyleSheet();
  readonly #listening = new AbortController();
  readonly #size: ResizeObserver;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #latency = element('strong');
  readonly #short = element('p', { className: 'short' });
  readonly #bar = element('div', { className: 'bar', ariaHidden: 'true' });
  readonly #parts = new Dynamic('dl', 'parts');
  readonly #graphs = new Dynamic('dl', 'graphs');
  readonly #facts = new Dynamic('dl', 'facts');
  readonly #picture = element('p', { className: 'picture' });
  readonly #copy: HTMLButtonElement;
  readonly #panel: HTMLElement;
  #width = -1;

  /**
   * @param watched the player of the moment, which another source replaces
   * @param onClose the viewer wants it closed
   */
  constructor(host: HTMLElement, watched: () => Watched | undefined, onClose: () => void) {
    this.#host = host;
    this.#watched = watched;
    this.#sheet.replaceSync(STYLE);
    this.#copy = button('', () => void this.#copyDiagnostics());
    this.#offerCopy();
    const close = button('×', onClose);
    close.ariaLabel = 'Close statistics';
    this.#panel = element(
      'section',
      { className: 'stats', role: 'region', ariaLabel: 'Playback statistics' },
      element(
        'header',
        {},
        this.#latency,
        element('span', { textContent: 'latency' }),
        this.#short,
        this.#copy,
        close,
      ),
      element(
        'div',
        { className: 'more' },
        this.#bar,
        this.#parts.node,
        this.#graphs.node,
        this.#facts.node,
        this.#picture,
      ),
    );
    const root = host.shadowRoot!;
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, this.#sheet];
    root.append(this.#panel);
    this.#listen(onClose);
    this.#size = new ResizeObserver(() => this.#place());
    this.#size.observe(host);
    this.#timer = setInterval(() => this.#draw(), DRAW_MS);
    this.#place();
    this.#draw();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listening.abort();
    this.#size.disconnect();
    this.#panel.remove();
    const root = this.#host.shadowRoot!;
    root.adoptedStyleSheets = root.adoptedStyleSheets.filter((sheet) => sheet !== this.#sheet);
  }

  #listen(onClose: () => void): void {
    const { signal } = this.#listening;
    document.addEventListener(
      'keydown',
      (event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return;
        event.preventDefault();
        onClose();
      },
      { signal },
    );
    // Controls around the player take clicks and keys on the media for themselves.
    for (const type of ['click', 'dblclick', 'pointerdown', 'pointerup', 'touchend', 'keydown']) {
      this.#panel.addEventListener(type, (event) => {
        if (!(event instanceof KeyboardEvent && event.key === 'Escape')) event.stopPropagation();
      });
    }
  }

  /** Over the picture where there is room; else below it if the page lets the element grow; else in one line. */
  #place(): void {
    const { clientWidth } = this.#host;
    if (clientWidth === this.#width) return;
    this.#width = clientWidth;
    const { dataset } = this.#panel;
    dataset.place = clientWidth >= NARROW_PX ? 'over' : 'below';
    if (dataset.place === 'over') return;
    if (isCut(this.#host, this.#panel)) dataset.place = 'line';
  }

  #draw(): void {
    const samples = this.#watched()?.samples ?? [];
    const stats = samples.at(-1)?.stats;
    if (!stats || document.hidden) return;
    const { latencyMs, latencyParts } = stats;
    this.#latency.textContent = latencyMs === undefined ? '–' : `${Math.round(latencyMs)} ms`;
    this.#short.textContent = shortLine(stats);
    if (this.#panel.dataset.place === 'line') return;
    const parts = latencyParts ? partsOf(latencyParts) : [];
    this.#parts.show(
      parts.map(({ name, ms }) => ({ name, value: String(Math.round(ms)), colour: PART_COLOURS[name] })),
    );
    const segments = parts
      .filter(({ ms }) => ms > 0)
      .map(({ name, ms }) => {
        const segment = element('i');
        segment.style.flexGrow = String(ms);
        segment.style.background = PART_COLOURS[name]!;
        return segment;
      });
    this.#bar.replaceChildren(...segments);
    const graphs = graphsOf(samples);
    this.#graphs.show(graphs.map(({ name, value }) => ({ name, value, hasCanvas: true })));
    for (const graph of graphs)
      drawGraph(this.#graphs.canvas(graph.name)!, graph, GRAPH_COLOURS[graph.name]!);
    this.#facts.show(factsOf(stats));
    this.#picture.textContent = pictureOf(stats);
  }

  #offerCopy(): void {
    this.#copy.replaceChildren('Copy', element('span', { textContent: ' diagnostics' }));
  }

  async #copyDiagnostics(): Promise<void> {
    const player = this.#watched();
    if (!player) return;
    const text = player.diagnostics().then((diagnostics) => JSON.stringify(diagnostics));
    const outcome = await copyText(text, 'topicast-diagnostics.json');
    this.#copy.textContent = outcome;
    setTimeout(() => this.#offerCopy(), TOLD_FOR_MS);
  }
}
