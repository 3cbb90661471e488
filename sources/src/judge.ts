import type { Source } from '@topicast/contracts/http';
import { mediaFile, trustedFile } from './media-file.js';
import { SourceError } from './source-error.js';
import { judgeUrl, type SourceUrl } from './source-url.js';

/** A source that has passed every check: its strings may become arguments of ffmpeg. */
export type JudgedSource =
  | { readonly kind: 'test' }
  | (SourceWishes & { readonly kind: 'file'; readonly path: string })
  | (SourceUrl &
      SourceWishes & {
        readonly kind: 'url';
        /** Every address that it leads to must be judged before it is connected to: see open/. */
        readonly fenced: boolean;
      })
  | { readonly kind: 'device'; readonly path: string };

/** What the streamer wants of a source besides that it is opened. */
interface SourceWishes {
  readonly copy: boolean;
  /** Of the sound, ISO 639. */
  readonly language?: string | undefined;
  /** Of an MPEG-TS that has several. */
  readonly programme?: number | undefined;
}

export interface SourceRules {
  /** Named on this producer's command line, which allows any file, address or device. */
  readonly trusted: boolean;
  /** Absolute. Anybody may name files below these. */
  readonly mediaDirs: readonly string[];
  readonly allowPrivateUrls: boolean;
}

/**
 * The one place that judges what people name. The gateway uses it when they ask, and the producer again before it opens
 * the source. Resolved names, redirects and playlists are judged while the source is being opened (see open/).
 * @throws {SourceError} with the reason, for the streamer.
 */
export async function judgeSource(source: Source, rules: SourceRules): Promise<JudgedSource> {
  switch (source.kind) {
    case 'test':
      return { kind: 'test' };
    case 'file': {
      const path = rules.trusted ? trustedFile(source.path) : mediaFile(source.path, rules.mediaDirs);
      return { kind: 'file', path: await path, ...wishesOf(source) };
    }
    case 'url': {
      const allowPrivate = rules.trusted || rules.allowPrivateUrls;
      const judged = judgeUrl(source.url, { allowPrivate });
      return { kind: 'url', ...judged, ...wishesOf(source), fenced: !allowPrivate };
    }
    case 'device':
      if (!rules.trusted) {
        throw new SourceError(
          'refused',
          "A capture device can only be named on the producer's command line.",
        );
      }
      return { kind: 'device', path: source.path };
    case 'ingest':
      throw new SourceError('refused', 'An encoder sends this stream to us, so there is nothing to open.');
    case 'topic':
      throw new SourceError('refused', 'Somebody else writes this stream, so there is nothing to encode.');
  }
}

const wishesOf = ({
  copy = false,
  language,
  programme,
}: Extract<Source, { kind: 'file' | 'url' }>): SourceWishes => ({ copy, language, programme });
