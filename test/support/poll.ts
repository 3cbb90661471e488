/** `undefined` and `false` are no answer yet, nor is a rejection. */
type Question<T> = () => T | undefined | false | Promise<T | undefined | false>;

interface Patience {
  readonly limitMs?: number;
  readonly everyMs?: number;
}

/**
 * Ask again and again until there is an answer.
 * @param what is waited for; absent: the question's own source text
 * @throws {Error} naming what was waited for, with the last rejection as its cause
 */
export async function until<T>(
  ...args:
    | [what: string, question: Question<T>, patience?: Patience]
    | [question: Question<T>, patience?: Patience]
): Promise<T> {
  const [what, question, { limitMs = 60_000, everyMs = 20 } = {}] = isNamed(args)
    ? args
    : ([String(args[0]), ...args] as const);
  const limit = Date.now() + limitMs;
  let problem: unknown;
  for (;;) {
    try {
      const answer = await question();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      problem = error;
    }
    if (Date.now() > limit) throw new Error(`waited ${limitMs} ms in vain until ${what}`, { cause: problem });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

const isNamed = <Named extends [string, ...unknown[]]>(args: Named | unknown[]): args is Named =>
  typeof args[0] === 'string';
