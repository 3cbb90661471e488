import { table } from '../table.js';
import { TELEVISION } from './chunk.js';
import { compileLoop, type Mode } from './contender.js';
import { measure, median, type Run } from './measure.js';

interface Comparison {
  readonly modes: readonly Mode[];
  readonly viewers: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
}

/** The medians of a mode's runs. */
interface Row {
  readonly mode: Mode;
  readonly viewers: number;
  readonly cpuMsPerMB: number;
  readonly cpuUsPerMessage: number;
  readonly lastViewerP50: number;
  readonly lastViewerP95: number;
  readonly spreadP50: number;
  readonly residentKBPerViewer: number;
  readonly chunksPerWrite: number;
  readonly delivered: number;
}

/** For node-media-server, whose single process would need one and a half cores for 2,000. */
const ITS_MOST_VIEWERS = 1000;

const TARGETS: readonly { viewers: number; of: Mode; to: Mode; atMost: number }[] = [
  { viewers: 1000, of: 'raw', to: 'c', atMost: 1.35 },
  { viewers: 1000, of: 'raw', to: 'naive', atMost: 0.87 },
  { viewers: 300, of: 'raw', to: 'node-media-server', atMost: 0.42 },
  { viewers: 1000, of: 'economy', to: 'raw', atMost: 0.5 },
];

/** CPU of the server's process for what it delivers; all contenders take turns, round after round. */
export async function compare({ modes, viewers, rounds, seconds }: Comparison) {
  const hasCompiler = compileLoop() !== undefined;
  if (!hasCompiler && modes.includes('c'))
    process.stderr.write('the C loop is left out: this machine has no C compiler\n');
  const runs: Run[] = [];
  for (const count of viewers) {
    for (let round = 1; round <= rounds; round += 1) {
      for (const mode of modes) {
        if ((mode === 'c' && !hasCompiler) || (mode === 'node-media-server' && count > ITS_MOST_VIEWERS))
          continue;
        process.stderr.write(`${count} viewers, round ${round}: ${mode}\n`);
        const run = await measure({ mode, viewers: count, shape: TELEVISION, seconds });
        complain(run);
        runs.push(run);
      }
    }
  }
  const rows = viewers.flatMap((count) => modes.flatMap((mode) => rowOf(runs, mode, count)));
  show(rows);
  const verdicts = TARGETS.flatMap((target) => {
    const of = rows.find((row) => row.mode === target.of && row.viewers === target.viewers);
    const to = rows.find((row) => row.mode === target.to && row.viewers === target.viewers);
    return of && to ? [{ ...target, ratio: of.cpuMsPerMB / to.cpuMsPerMB }] : [];
  });
  if (verdicts.length > 0) {
    process.stdout.write('\n');
    table(
      ['CPU per MB', 'viewers', 'ratio', 'asked'],
      verdicts.map(({ of, to, viewers: count, ratio, atMost }) => [
        `${of} : ${to}`,
        count,
        ratio.toFixed(2),
        `<= ${atMost}`,
      ]),
    );
  }
  return { rows, verdicts, runs };
}

export function complain({ mode, viewers, open, wrongs, wrong }: Run): void {
  if (open < viewers) process.stderr.write(`${mode}: ${viewers - open} of ${viewers} viewers were lost\n`);
  if (wrongs > 0) process.stderr.write(`${mode}: ${wrongs} errors: ${wrong.join('; ')}\n`);
}

function rowOf(runs: readonly Run[], mode: Mode, viewers: number): Row[] {
  const its = runs.filter((run) => run.mode === mode && run.viewers === viewers);
  if (its.length === 0) return [];
  const of = (field: (run: Run) => number): number => median(its.map(field));
  return [
    {
      mode,
      viewers,
      cpuMsPerMB: of((run) => run.cpuMsPerMB),
      cpuUsPerMessage: of((run) => run.cpuUsPerMessage),
      lastViewerP50: of((run) => run.lastViewer.p50),
      lastViewerP95: of((run) => run.lastViewer.p95),
      spreadP50: of((run) => run.spread.p50),
      residentKBPerViewer: of((run) => run.residentBytesPerViewer / 1000),
      chunksPerWrite: of((run) => run.chunksPerWrite),
      delivered: of((run) => run.delivered),
    },
  ];
}

function show(rows: readonly Row[]): void {
  const number = (value: number, digits: number): string =>
    Number.isFinite(value) ? value.toFixed(digits) : '-';
  const against = (row: Row, mode: Mode): string => {
    const other = rows.find((one) => one.mode === mode && one.viewers === row.viewers);
    return other ? (row.cpuMsPerMB / other.cpuMsPerMB).toFixed(2) : '-';
  };
  table(
    [
      'viewers, way',
      'CPU ms/MB',
      'us/message',
      ': C',
      ': naive',
      'last viewer p50 ms',
      'p95',
      'first to last',
      'RSS KB/viewer',
      'chunks/write',
      'delivered',
    ],
    rows.map((row) => [
      `${row.viewers}, ${row.mode}`,
      number(row.cpuMsPerMB, 3),
      number(row.cpuUsPerMessage, 1),
      against(row, 'c'),
      against(row, 'naive'),
      number(row.lastViewerP50, 1),
      number(row.lastViewerP95, 1),
      number(row.spreadP50, 1),
      number(row.residentKBPerViewer, 0),
      number(row.chunksPerWrite, 2),
      number(row.delivered, 2),
    ]),
  );
}
