import { makeDiagnostics } from '../../core/diagnostics.js';
import type { Diagnostics } from '../../core/types.js';

/** The version of the package, which the bundler adds. */
declare const TOPICAST_VERSION: string;

type Known = Omit<Parameters<typeof makeDiagnostics>[0], 'player' | 'userAgent' | 'video'>;

export function collectDiagnostics({
  video,
  ...known
}: Known & { readonly video: HTMLVideoElement }): Diagnostics {
  const { clientWidth: width, clientHeight: height } = video;
  return makeDiagnostics({
    ...known,
    player: typeof TOPICAST_VERSION === 'undefined' ? 'not bundled' : TOPICAST_VERSION,
    userAgent: navigator.userAgent,
    video: { width, height, pixelRatio: devicePixelRatio },
  });
}
