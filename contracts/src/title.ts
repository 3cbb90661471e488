import { z } from 'zod';

const LONGEST_TITLE = 200;

/** Controls and separators of lines: a space, where somebody pasted them. */
const BREAKS = /[\p{Cc}\p{Zl}\p{Zp}]/gu;
/**
 * What nobody sees, and what turns the direction of the text around it: embeddings, overrides and isolates (UAX 9),
 * zero-width spaces, soft hyphens, fillers, halves of surrogate pairs. Joiners (U+200C, U+200D) and marks of direction
 * stay: Persian, emoji and mixed scripts are written with them.
 */
const UNSEEN =
  /[\u00ad\u115f\u1160\u17b4\u17b5\u180e\u200b\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\p{Cs}]/gu;

/** A title as it is shown on one line, beside the titles of others; empty if there is nothing to read in it. */
export function cleanTitle(text: string): string {
  const clean = text.normalize('NFC').replace(BREAKS, ' ').replace(UNSEEN, '').replace(/\s+/gu, ' ').trim();
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(clean) ? clean : '';
}

/** Cleaned rather than refused: whoever pastes a title does not see what is in it. */
export const titleText = z
  .string()
  .max(10 * LONGEST_TITLE)
  .overwrite(cleanTitle)
  .min(1, 'holds nothing that can be read')
  .max(LONGEST_TITLE);
