const LENGTH = 64 * 1024;
/** The longest time that one text may block the event loop; a quadratic search takes seconds at this length. */
const LIMIT_MS = 50;
/** A busy machine is slow now and then, but not each time. */
const TRIES = 20;
/** No busy machine explains that: it is not tried again. */
const HOPELESS_MS = 2_000;

const PUNCTUATION = [...' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~\t\n\r\v\0'];
const PATTERNS = [
  ...['a', '0', 'é', 'a.', 'a-', 'a:', 'a/', 'a@', 'a ', ' a', '0.', '0:', '-a', '%41', 'a.a@'],
  ...[
    'a://',
    '://@:',
    'a://b?c=',
    'a://b@c:',
    'a\n',
    ' @ 0x',
    '&mode=',
    '?a=b',
    ', ',
    '[a',
    '{"a":',
    '\\"',
    '""',
  ],
];

/** Lines that an attacker might send to keep a program busy: long repetitions of one piece. */
function hostileTexts(): string[] {
  const repeated = [...PUNCTUATION, ...PATTERNS].map((piece) => repeat(piece));
  // With an end that does not match, a failed search starts over at the next place.
  return repeated.flatMap((text) => [text, `${text}\n`, `${text}x`, `x${text}\0`]);
}

const repeat = (piece: string): string => piece.repeat(Math.ceil(LENGTH / piece.length)).slice(0, LENGTH);

/**
 * Give each reader of outside text all hostile texts. It may refuse them with an error; it must be quick.
 * @returns the readers that were not, each with the first text that showed it and the time: none, if all is well
 */
export function slowReaders(readers: Readonly<Record<string, (text: string) => unknown>>): string[] {
  const texts = hostileTexts();
  return Object.entries(readers).flatMap(([name, read]) => {
    for (const text of texts) {
      const ms = quickestOf(() => read(text));
      if (ms > LIMIT_MS) return [`${name}: ${Math.round(ms)} ms for ${JSON.stringify(text.slice(0, 12))}...`];
    }
    return [];
  });
}

function quickestOf(run: () => unknown): number {
  let quickest = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < TRIES && quickest > LIMIT_MS; turn++) {
    const begun = performance.now();
    try {
      run();
    } catch {
      // A refusal is right for most of these.
    }
    const ms = performance.now() - begun;
    if (ms > HOPELESS_MS) return ms;
    quickest = Math.min(quickest, ms);
  }
  return quickest;
}
