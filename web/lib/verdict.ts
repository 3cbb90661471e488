import type { StreamInfo } from '@topicast/contracts/http';
import type { Finding, StreamHealth } from '@topicast/contracts/stream-health';

/** How a stream goes, in a few words. */
export interface Verdict {
  readonly tone: 'good' | 'hint' | 'warning' | 'bad' | 'idle';
  readonly title: string;
  readonly text: string;
  readonly findings: readonly Finding[];
  /** Of the producer, as far as no finding says the same. */
  readonly notes: readonly string[];
}

const FOREIGN = 'Another program writes this stream, so only what its viewers get is measured here.';
/** The first row comes after two seconds, and is read from the log once somebody asks. */
const FIGURES_WITHIN_MS = 30_000;
const TITLES = {
  bad: 'Viewers do not get a good stream',
  warning: 'It could be better',
  hint: 'Good, with a remark',
} as const;

/** When somebody looks: ms since the epoch. */
interface Look {
  readonly now: number;
  /** Since when. The first answers are empty, because the gateway begins to read when it is asked. */
  readonly since: number;
}

export function verdictOn(stream: StreamInfo, health: StreamHealth | undefined, look: Look): Verdict {
  const findings = health?.findings ?? [];
  const notes = (stream.notes ?? []).filter(
    (note) => !findings.some(({ remedy }) => note.endsWith(`${remedy}.`)),
  );
  const rest = { findings, notes };
  const { problem } = stream;
  switch (stream.state) {
    case 'failed':
      return { tone: 'bad', title: 'Off air', text: problem ?? 'The encoder failed.', ...rest };
    case 'offline':
      return { tone: 'idle', title: 'Off air', text: problem ?? whatIsAwaited(stream), ...rest };
    case 'starting':
      return {
        tone: 'idle',
        title: 'Starting',
        text: problem ?? 'The first pictures are on their way.',
        ...rest,
      };
    case 'live': {
      if (problem) return { tone: 'bad', title: TITLES.bad, text: problem, ...rest };
      const worst = findings[0]?.severity;
      if (worst) return { tone: worst, title: TITLES[worst], text: '', ...rest };
      if (stream.source?.kind === 'topic') return { tone: 'idle', title: 'Live', text: FOREIGN, ...rest };
      if (!health?.newest.producer)
        return { tone: 'idle', title: 'Live', text: whyUnmeasured(stream, look), ...rest };
      return { tone: 'good', title: 'Good', text: 'Viewers get this stream as it should be.', ...rest };
    }
  }
}

function whyUnmeasured({ startedAt }: StreamInfo, { now, since }: Look): string {
  const from = Math.max(since, startedAt === undefined ? now : Date.parse(startedAt));
  const isLate = now - from > FIGURES_WITHIN_MS;
  return isLate
    ? 'No figures come, so nobody knows how it goes: look whether the log is slow, and whether producer and gateway have the same version.'
    : 'The first figures are on their way.';
}

function whatIsAwaited({ enabled, source }: StreamInfo): string {
  if (!enabled) return 'Nobody can watch it until you start it.';
  if (source?.kind === 'ingest') return 'It goes live as soon as an encoder sends.';
  return 'It goes live as soon as there is something to show.';
}
