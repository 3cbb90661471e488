/**
 * A process of viewers that come and go. Arguments: port, streams separated by commas, how many at once. A line of JSON
 * a second ({@link CrowdReport}, counted since the line before); SIGTERM: all leave.
 */
import { openLiveSocket } from '@topicast/test/live-socket';

export interface CrowdReport {
  open: number;
  joins: number;
  chunks: number;
  /** Sequence numbers left out silently, and those that the gateway announced as left out. */
  lost: number;
  doubled: number;
  outOfOrder: number;
  /** Of one viewer, between two chunks, ms. */
  longestGap: number;
  errors: string[];
}

const STAY_MS = { least: 5_000, most: 60_000 };
const LOOK_EVERY_MS = 200;
const SILENCE_MS = 10_000;

const [port, streams, count] = process.argv.slice(2);
const ids = streams!.split(',');
const nothing = (): CrowdReport => ({
  ...{ open: 0, joins: 0, chunks: 0, lost: 0, doubled: 0, outOfOrder: 0, longestGap: 0, errors: [] },
});
let report = nothing();
let open = 0;
let leaving = false;

for (let n = 0; n < Number(count); n++) setTimeout(visit, n * 20);
const telling = setInterval(() => {
  process.stdout.write(`${JSON.stringify({ ...report, open })}\n`);
  report = nothing();
}, 1000);
process.once('SIGTERM', () => {
  leaving = true;
  clearInterval(telling);
});

/** One viewer from its arrival to its departure; then another one arrives. */
function visit(): void {
  if (leaving) return;
  const stream = ids[Math.floor(Math.random() * ids.length)]!;
  let last: { readonly sequence: number; readonly at: number } | undefined;
  let isOpen = false;
  let left = false;
  let jumped = false;
  const fail = (words: string): void =>
    void (report.errors.length < 10 && report.errors.push(`${stream}: ${words}`));
  const looking = setInterval(() => {
    if (last && performance.now() - last.at > SILENCE_MS) fail(`no chunk for ${SILENCE_MS} ms`);
    if (leaving) leave();
  }, LOOK_EVERY_MS);
  const stay = STAY_MS.least + Math.random() * (STAY_MS.most - STAY_MS.least);
  const leave = (): void => {
    left = true;
    socket.terminate();
  };
  const staying = setTimeout(leave, stay);
  const socket = openLiveSocket(`ws://127.0.0.1:${port}/live/${stream}`, {
    message(message) {
      if (message.type !== 'jump') return;
      jumped = true;
      report.lost += message.skipped;
      fail(`jump: ${message.reason}, ${message.skipped} skipped`);
    },
    chunk({ header: { sequence } }) {
      const now = performance.now();
      report.chunks++;
      if (last) {
        report.longestGap = Math.max(report.longestGap, now - last.at);
        if (sequence === last.sequence) report.doubled++;
        else if (sequence < last.sequence) report.outOfOrder++;
        else if (!jumped) report.lost += sequence - last.sequence - 1;
      }
      jumped = false;
      last = { sequence, at: now };
    },
  });
  socket.on('open', () => {
    isOpen = true;
    open++;
    report.joins++;
  });
  socket.on('error', (error) => {
    if (!left) fail(error.message);
  });
  socket.on('close', (code) => {
    clearInterval(looking);
    clearTimeout(staying);
    if (isOpen) open--;
    if (!left) fail(`closed with ${code}`);
    setTimeout(visit, left ? 0 : 500);
  });
}
