'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import type { StreamHealth } from '@topicast/contracts/stream-health';
import { useState } from 'react';
import { useNow } from '../../../hooks/use-now';
import { verdictOn } from '../../../lib/verdict';
import { Icon } from '../../ui/icon';
import styles from './verdict.module.css';

const SEVERITY_NAMES = { bad: 'Fault', warning: 'Warning', hint: 'Remark' } as const;

/** How the stream goes, and what to change. */
export function Verdict({
  stream,
  health,
}: {
  readonly stream: StreamInfo;
  readonly health: StreamHealth | undefined;
}) {
  const [since] = useState(() => Date.now());
  const now = useNow() ?? since;
  const { tone, title, text, findings, notes } = verdictOn(stream, health, { now, since });
  return (
    <section className={styles.verdict} data-tone={tone} aria-labelledby="verdict">
      <h2 id="verdict">
        <Icon name={tone === 'good' ? 'check' : tone === 'idle' ? 'antenna' : 'warning'} />
        {title}
      </h2>
      {text && <p>{text}</p>}
      {findings.length > 0 && (
        <ul className={styles.findings}>
          {findings.map(({ code, severity, words, remedy }) => (
            <li key={code} data-severity={severity}>
              <p>
                <b>{SEVERITY_NAMES[severity]}:</b> {words}.
              </p>
              <p className={styles.remedy}>What to do: {remedy}.</p>
            </li>
          ))}
        </ul>
      )}
      {notes.length > 0 && (
        <ul className={styles.notes} aria-label="Notes">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
