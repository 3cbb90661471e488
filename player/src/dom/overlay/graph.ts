import type { Graph } from '../../core/overlay-facts.js';

/** The width of the graph before there are more; a minute has 240. */
const LEAST_POINTS = 80;
const HEADROOM = 1.15;

export const GRAPH_COLOURS: Readonly<Record<string, string>> = {
  Latency: '#8fb3ff',
  Buffer: '#4fd8a0',
  Arrival: '#ffbd66',
  Bitrate: '#c9a7ff',
};

/** Draws the last minute, the newest at the right; the floor is 0. */
export function drawGraph(
  canvas: HTMLCanvasElement,
  { values, aims = [], marks = [] }: Graph,
  colour: string,
): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = Math.min(2, devicePixelRatio);
  // Setting the size also clears it.
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(ratio, ratio);
  const most = Math.max(1, ...known(values), ...known(aims)) * HEADROOM;
  const steps = Math.max(LEAST_POINTS, values.length) - 1;
  const x = (at: number) => width - ((values.length - 1 - at) / steps) * width;
  const y = (value: number) => height - 1 - (value / most) * (height - 2);

  context.strokeStyle = 'rgb(255 255 255 / 55%)';
  for (const at of marks)
    line(context, [
      [x(at), 0],
      [x(at), height],
    ]);
  context.setLineDash([3, 3]);
  for (const stretch of stretches(aims))
    line(
      context,
      stretch.map(([at, value]) => [x(at), y(value)]),
    );
  context.setLineDash([]);

  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  for (const stretch of stretches(values)) {
    const points = stretch.map(([at, value]): Point => [x(at), y(value)]);
    line(context, points);
    context.lineTo(points.at(-1)![0], height);
    context.lineTo(points[0]![0], height);
    context.globalAlpha = 0.16;
    context.fillStyle = colour;
    context.fill();
    context.globalAlpha = 1;
  }
}

type Point = readonly [x: number, y: number];

function line(context: CanvasRenderingContext2D, points: readonly Point[]): void {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
}

const known = (values: readonly (number | undefined)[]): number[] =>
  values.filter((value) => value !== undefined);

/** Indexes and values, without the gaps between them. */
function stretches(values: readonly (number | undefined)[]): (readonly [at: number, value: number])[][] {
  const found: (readonly [number, number])[][] = [];
  values.forEach((value, at) => {
    if (value === undefined) return;
    if (at === 0 || values[at - 1] === undefined) found.push([]);
    found.at(-1)!.push([at, value]);
  });
  return found;
}
