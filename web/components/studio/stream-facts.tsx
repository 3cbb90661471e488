'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import { useNow } from '../../hooks/use-now';
import { streamFacts } from '../../lib/stream-facts';
import styles from './stream-row.module.css';

export function StreamFacts({ stream }: { readonly stream: StreamInfo }) {
  const facts = streamFacts(stream, useNow());
  if (facts.length === 0) return null;
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
