import type { LatencyPart, StreamHealth } from '@topicast/contracts/stream-health';
import type { CSSProperties } from 'react';
import { formatLatency } from '../../../lib/format';
import styles from './waterfall.module.css';

interface Words {
  readonly name: string;
  readonly what: string;
  /** Why there may be no number. */
  readonly unmeasured: string;
}

const NO_VIEWER = 'not measured: it needs a viewer';
const NO_FIGURES = 'not measured yet';

const WORDS: Record<LatencyPart['name'], Words> = {
  encoder: {
    name: 'Encoder',
    what: 'from the camera to the first byte',
    unmeasured: 'not measured: pictures do not say when they were taken',
  },
  arrival: {
    name: 'Network in',
    what: 'what late pictures wait longer than early ones',
    unmeasured: NO_FIGURES,
  },
  chunker: { name: 'Chunker', what: 'from the last byte of a picture to the log', unmeasured: NO_FIGURES },
  log: { name: 'Log', what: 'a write, half of them at most', unmeasured: NO_FIGURES },
  gateway: { name: 'Gateway', what: 'from the log to the gateway', unmeasured: NO_VIEWER },
  network: { name: 'Network out', what: 'half of the way to the viewer and back', unmeasured: NO_VIEWER },
  buffer: {
    name: 'Buffer',
    what: 'what the player keeps in hand',
    unmeasured: 'not measured here: each player decides, and its statistics (key I) tell',
  },
};

/** Where the time goes, as far as it is measured, between the encoder and the screen. */
export function Waterfall({ latency }: { readonly latency: StreamHealth['latency'] }) {
  const total = latency.reduce((sum, { ms = 0 }) => sum + ms, 0);
  let begun = 0;
  return (
    <section aria-labelledby="latency" className={styles.waterfall}>
      <h2 id="latency">Where the time goes</h2>
      <p className={styles.total}>{formatLatency(total)} are measured, from the encoder to the viewer.</p>
      <ol>
        {latency.map(({ name, ms }) => {
          const { name: shown, what, unmeasured } = WORDS[name];
          const bar = {
            '--from': total > 0 ? begun / total : 0,
            '--width': total > 0 ? (ms ?? 0) / total : 0,
          };
          begun += ms ?? 0;
          return (
            <li key={name} data-measured={ms !== undefined}>
              <span className={styles.name}>{shown}</span>
              <span className={styles.track} aria-hidden="true">
                {ms !== undefined && <span style={bar as CSSProperties} />}
              </span>
              <span className={styles.ms}>
                {ms === undefined ? '–' : ms < 10 ? `${ms} ms` : formatLatency(ms)}
              </span>
              <span className={styles.what}>{ms === undefined ? unmeasured : what}</span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
