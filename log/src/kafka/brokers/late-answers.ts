/** How often others are asked while an answer is late. */
const LOOK_EVERY_MS = 150;

/**
 * Await an answer. If it has not come after `lateAfterMs`, `look` is called repeatedly until it comes. `look` may make
 * the request fail, unless it has ended by then. Errors of `look` itself do not matter.
 */
export async function watchful<T>(
  answer: Promise<T>,
  lateAfterMs: number,
  look: (isOver: () => boolean) => Promise<void>,
): Promise<T> {
  let done = false;
  const again = async (): Promise<void> => {
    await look(() => done).catch(() => undefined);
    if (!done) timer = setTimeout(again, LOOK_EVERY_MS);
  };
  let timer = setTimeout(again, lateAfterMs);
  try {
    return await answer;
  } finally {
    done = true;
    clearTimeout(timer);
  }
}

/**
 * The first answer of several candidates that are asked in turn: the next one when one fails, or has not answered after
 * `hedgeMs`. @throws {AggregateError} of all failures, in their order, if all fail
 */
export function firstAnswer<Asked, T>(
  candidates: readonly Asked[],
  hedgeMs: number,
  ask: (candidate: Asked) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const failures: unknown[] = [];
    let timer: NodeJS.Timeout | undefined;
    let settled = false;
    const settle = (): void => {
      settled = true;
      clearTimeout(timer);
    };
    const next = (index: number): void => {
      clearTimeout(timer);
      if (settled || index >= candidates.length) return;
      const candidate = candidates[index]!;
      let passedOn = false;
      const pass = (): void => {
        if (!passedOn) next(index + 1);
        passedOn = true;
      };
      timer = setTimeout(pass, hedgeMs);
      ask(candidate).then(
        (answer) => {
          settle();
          resolve(answer);
        },
        (error: unknown) => {
          failures.push(error);
          if (failures.length < candidates.length) return pass();
          settle();
          reject(new AggregateError(failures));
        },
      );
    };
    next(0);
  });
}
