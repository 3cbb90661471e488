/** Ask repeatedly until there is an answer. @throws {Error} that names what it waited for. */
export async function until<T>(
  what: string,
  question: () => T | undefined | false | Promise<T | undefined | false>,
  { limitMs = 60_000, everyMs = 50 } = {},
): Promise<T> {
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
