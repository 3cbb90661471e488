import type { HardwareEncoder } from '@topicast/contracts/encoding';
import type { Source } from '@topicast/contracts/http';
import type { Rung } from '@topicast/contracts/ladder';
import type { StreamStatus } from '@topicast/contracts/tables';
import type { SourceRules } from '@topicast/sources';
import type { Network } from '@topicast/sources/open';
import type { Logger } from 'pino';
import type { EncodingSettings } from '../config.js';
import type { Ffmpeg } from '../ffmpeg/find.js';
import type { ProcessGuard } from '../ffmpeg/guard.js';
import type { Seen } from '../ffmpeg/seen.js';
import type { StreamPublisher } from '../publish/stream-publisher.js';

export interface SupervisorOptions {
  readonly source: Source;
  readonly ladder?: readonly Rung[] | undefined;
  readonly rules: SourceRules;
  /** If absent, the internet. */
  readonly network?: Network;
  readonly ffmpeg: Ffmpeg;
  readonly guard: ProcessGuard;
  readonly encoding: EncodingSettings;
  /** What works on this host, when it has been tried; if absent, nothing. */
  readonly hardware?: Promise<ReadonlySet<HardwareEncoder>>;
  readonly logger: Logger;
  /** Create the topic if it does not exist. @returns the last session in it. Called before each run. */
  readonly prepare: () => Promise<number>;
  readonly publisher: Pick<StreamPublisher, 'beginSession' | 'push' | 'lose' | 'state'>;
  readonly report: (change: Partial<StreamStatus>) => void;
  readonly silenceMs?: { readonly first: number; readonly next: number };
  /** Another producer is about to take the stream over: no new session may begin. */
  readonly isLeaving?: () => boolean;
}

/** What one encoder of a stream leaves to the next. */
export interface Memory {
  /** In a source that nobody looks at before. */
  seen: Seen;
  /** It is not tried again. */
  failed: HardwareEncoder | undefined;
}

export type EncoderSettings = SupervisorOptions & { readonly memory: Memory };
