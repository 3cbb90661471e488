import type { LookAnswer, LookRequest } from '@topicast/contracts/look-tables';
import { judgeSource, SourceError, type SourceRules } from '@topicast/sources';
import { type Network, openSource } from '@topicast/sources/open';
import type { EncodingSettings } from '../config.js';
import { explain } from '../ffmpeg/explain.js';
import { type Ffmpeg, whatItLacks } from '../ffmpeg/find.js';
import type { ProcessGuard } from '../ffmpeg/guard.js';
import { inputOf, NOTHING_TO_STREAM, planEncoding } from '../ffmpeg/plan.js';
import { probeSource } from '../ffmpeg/probe.js';
import { describe } from './describe.js';
import { takeStill } from './still.js';

export interface LookOptions {
  readonly rules: SourceRules;
  /** If absent, the internet. */
  readonly network?: Network;
  readonly ffmpeg: Ffmpeg;
  readonly guard: ProcessGuard;
  readonly encoding: EncodingSettings;
}

const WAITS =
  'This address waits for somebody who sends to it, so there is nothing to see before that. It is looked at when the stream begins.';

/** See what is in a source, as an encoder would open it. Rejects only with the signal's reason. */
export async function lookAt(
  { source: named, ladder, encoding: asked }: LookRequest,
  { rules, network, ffmpeg, guard, encoding: settings }: LookOptions,
  signal: AbortSignal,
): Promise<LookAnswer> {
  const failed = (problem: string): LookAnswer => ({ outcome: 'failed', problem });
  try {
    const source = await judgeSource(named, rules);
    const lacking = whatItLacks(ffmpeg, source);
    if (lacking) return failed(lacking);
    if (source.kind === 'url' && source.listens) return failed(WAITS);
    await using opened = await openSource(source, signal, network);
    const looking = AbortSignal.any([signal, opened.refused]);
    const input = inputOf(source, process.platform, opened.fence);
    const result = await probeSource(
      input,
      ffmpeg,
      guard,
      looking,
      'programme' in source ? source.programme : undefined,
    );
    looking.throwIfAborted();
    if (!result.ok) return failed(explain(source, opened.told(result.lines), 'it could not be opened'));
    const { probe } = result;
    const { mapsTones, libavformat } = ffmpeg;
    const encoding = { ...settings, asked };
    const wishes = { ladder, limits: encoding, mapsTones, libavformat };
    const planned = planEncoding(source, input, probe, wishes);
    if (!planned) return failed(NOTHING_TO_STREAM);
    const jpeg = await takeStill(planned.plan, probe.durationSeconds, ffmpeg, guard, looking);
    looking.throwIfAborted();
    const found = describe(probe, planned, encoding);
    return {
      outcome: 'found',
      found: { ...found, ...(jpeg && { still: { jpeg: jpeg.toString('base64') } }) },
    };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const problem = error instanceof Error ? error.message : String(error);
    const isRefused = error instanceof SourceError && error.code === 'refused';
    return { outcome: isRefused ? 'refused' : 'failed', problem };
  }
}
