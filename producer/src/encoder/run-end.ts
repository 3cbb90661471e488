import type { FileStamp } from './file-change.js';

/** How one run of an encoder ended. */
export type RunEnd =
  | { readonly why: 'stopped' }
  /** Another encoder is on air, and has this end. */
  | { readonly why: 'replaced'; readonly by: Promise<RunEnd> }
  /** Trying again changes nothing. */
  | { readonly why: 'refused'; readonly problem: string }
  /** Trying again changes nothing until the file changes. */
  | {
      readonly why: 'unusable';
      readonly problem: string;
      readonly lines: readonly string[];
      readonly file: FileStamp;
    }
  | {
      readonly why: 'failed';
      readonly problem: string;
      readonly lines: readonly string[];
      readonly ranMs: number;
      /** ffmpeg has examined the media, and would come to the same result again. */
      readonly isCertain: boolean;
      /** It gave nothing, and did not say why. */
      readonly isSilent: boolean;
    };

/** The picture is another one than the encoder was planned for, as it has said before it encoded anything. */
export interface Misjudged {
  readonly why: 'misjudged';
}
