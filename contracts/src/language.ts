const NAMES = new Intl.DisplayNames('en', { type: 'language', fallback: 'code' });

/**
 * One code for each language: `ger`, `deu` and `de` are the same (ISO 639-1, 639-2/B and 639-2/T). A text that is none
 * stays as it is; sources say anything.
 */
export function canonicalLanguage(language: string): string {
  try {
    return new Intl.Locale(language).language;
  } catch {
    return language;
  }
}

/** In English; the text itself if it is the code of no language. */
export function languageName(language: string): string {
  try {
    return NAMES.of(canonicalLanguage(language)) ?? language;
  } catch {
    return language;
  }
}
