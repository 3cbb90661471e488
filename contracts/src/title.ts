import { z } from 'zod';

const LONGEST_TITLE = 200;

/** Control characters and line separators, which become spaces. */
const BREAKS = /[\p{Cc}\p{Zl}\p{Zp}]/gu;
/**
 * Invisible characters, and characters that change the direction of the surrounding text: embeddings, overrides and
 * isolates (UAX 9), zero-width spaces, soft hyphens, fillers, halves of surrogate pairs. Joiners (U+200C, U+200D) and
 * direction marks stay, because Persian, emoji and mixed scripts need them.
 */
const UNSEEN =
  /[\u00ad\u115f\u1160\u17b4\u17b5\u180e\u200b\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\p{Cs}]/gu;

/** A title that fits on one line beside other titles; empty if it contains nothing readable. */
export function cleanTitle(text: string): string {
  const clean = text.normalize('NFC').replace(BREAKS, ' ').replace(UNSEEN, '').replace(/\s+/gu, ' ').trim();
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(clean) ? clean : '';
}

/** Cleaned rather than refused, because people who paste a title do not see what is in it. */
export const titleText = z
  .string()
  .max(10 * LONGEST_TITLE)
  .overwrite(cleanTitle)
  .min(1, 'contains nothing readable')
  .max(LONGEST_TITLE);
