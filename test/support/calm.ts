import { Worker } from 'node:worker_threads';

/** A program that is held up for longer than this says nothing about what it does on a machine that has time for it. */
const LATE_MS = 25;

const BEATS = `
const { parentPort } = require('node:worker_threads');
let last = performance.now();
let worst = 0;
const beat = () => {
  const now = performance.now();
  worst = Math.max(worst, now - last);
  last = now;
};
setInterval(beat, 5);
parentPort.on('message', () => { beat(); parentPort.postMessage(worst); });
`;

/**
 * For what is judged by the wall clock: if the judgement is bad, and other programs held up this machine meanwhile, the
 * attempt is repeated. On a calm machine the first one counts.
 * @param attempt throws if the judgement is bad
 * @throws what the last attempt threw
 */
export async function whenCalm(attempt: () => Promise<void>, attempts = 4): Promise<void> {
  for (let left = attempts - 1; ; left -= 1) {
    await using machine = watchMachine();
    try {
      return await attempt();
    } catch (error) {
      const late = await machine.latenessMs();
      if (late < LATE_MS || left === 0) throw error;
      console.info(`once more, because this machine was ${Math.round(late)} ms late: ${error}`);
    }
  }
}

/** By a thread of its own, which waits for nothing but a core. */
function watchMachine(): { latenessMs(): Promise<number> } & AsyncDisposable {
  const thread = new Worker(BEATS, { eval: true });
  return {
    latenessMs: () =>
      new Promise((resolve) => {
        thread.once('message', resolve);
        thread.postMessage('how late');
      }),
    [Symbol.asyncDispose]: async () => {
      await thread.terminate();
    },
  };
}
