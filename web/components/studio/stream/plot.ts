import { HEALTH_HISTORY, type HealthColumns } from '@topicast/contracts/stream-health';
import type { GraphShape } from '../../../lib/health-graphs';

const HEIGHT = 112;
const LEFT_AXIS = 62;
const HEADROOM = 1.15;
const FONT = '11px ui-sans-serif, system-ui, sans-serif';
/** All graphs of a page point at the same moment. */
const SYNC_KEY = 'health';

export interface Plot {
  show(columns: HealthColumns): void;
}

interface PlotOptions {
  /** The pointer is over this column; undefined: over none. */
  readonly onPoint: (column: number | undefined) => void;
  /** Removes it. */
  readonly stopped: AbortSignal;
}

/** Draw into an element as wide as it is, with the library that is loaded with the first graph. */
export async function startPlot(
  element: HTMLElement,
  { series, format, atLeast }: GraphShape,
  { onPoint, stopped }: PlotOptions,
): Promise<Plot | undefined> {
  const { default: UPlot } = await import('uplot');
  if (stopped.aborted) return undefined;
  const colors = colorsOf(element);
  const axis = {
    stroke: () => colors('var(--muted)'),
    grid: { stroke: () => colors('var(--line)'), width: 1 },
    ticks: { show: false },
    font: FONT,
  };
  const plot = new UPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      padding: [6, 8, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: SYNC_KEY }, drag: { x: false, y: false }, y: false },
      scales: {
        x: { time: true, range: (_, __, max) => [max - HEALTH_HISTORY / 1_000, max] },
        y: { range: (_, __, max) => [0, Math.max(atLeast, (max ?? 0) * HEADROOM)] },
      },
      axes: [
        { ...axis, size: 22, space: 56, values: (_, splits) => splits.map(clockTime) },
        {
          ...axis,
          size: LEFT_AXIS,
          space: 34,
          values: (_, splits) => splits.map((value) => (value === null ? '' : format(value))),
        },
      ],
      series: [
        {},
        ...series.map(({ label, color }) => ({
          label,
          width: 1.6,
          stroke: () => colors(color),
          points: { show: false },
          spanGaps: false,
        })),
      ],
      hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)] },
    },
    [[], ...series.map(() => [])],
    element,
  );
  const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
  watch.observe(element);
  stopped.addEventListener('abort', () => {
    watch.disconnect();
    plot.destroy();
  });
  return {
    show: (columns) =>
      plot.setData([columns.time.map((time) => time / 1_000), ...series.map(({ name }) => columns[name])]),
  };
}

const clockTime = (seconds: number): string =>
  new Date(seconds * 1_000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false });

/** What a colour of the page is at present: a canvas does not know the page's variables. */
function colorsOf(element: HTMLElement): (color: string) => string {
  const probe = document.createElement('span');
  probe.hidden = true;
  element.append(probe);
  return (color) => {
    probe.style.color = color;
    return getComputedStyle(probe).color;
  };
}
