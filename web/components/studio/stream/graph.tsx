'use client';

import 'uplot/dist/uPlot.min.css';
import type { HealthColumns } from '@topicast/contracts/stream-health';
import { useEffect, useEffectEvent, useId, useRef, useState } from 'react';
import { describeSeries } from '../../../lib/health-columns';
import type { GraphShape } from '../../../lib/health-graphs';
import styles from './graph.module.css';
import { type Plot, startPlot } from './plot';

interface GraphProps {
  readonly shape: GraphShape;
  readonly columns: HealthColumns;
}

/** One figure over the last minutes, with a sentence that says the same. */
export function Graph({ shape, columns }: GraphProps) {
  const canvas = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot>(undefined);
  /** The column under the pointer. */
  const [pointed, setPointed] = useState<number>();
  const titleId = useId();
  const newestColumns = useEffectEvent(() => columns);
  const { title, hint, series, format } = shape;

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const stopped = new AbortController();
    void startPlot(element, shape, { onPoint: setPointed, stopped: stopped.signal }).then((started) => {
      plot.current = started;
      started?.show(newestColumns());
    });
    return () => {
      stopped.abort();
      plot.current = undefined;
    };
  }, [shape]);
  useEffect(() => plot.current?.show(columns), [columns]);

  const shownOf = (name: (typeof series)[number]['name']): string => {
    const values = columns[name];
    const value = values[pointed ?? values.length - 1] ?? null;
    return value === null ? '–' : format(value);
  };
  const time = pointed === undefined ? undefined : columns.time[pointed];
  return (
    <figure className={styles.graph} aria-labelledby={titleId}>
      <figcaption className={styles.head}>
        <h3 id={titleId}>{title}</h3>
        <span className={styles.hint}>{time === undefined ? hint : new Date(time).toLocaleTimeString()}</span>
      </figcaption>
      <p className={styles.values} aria-hidden="true">
        {series.map(({ name, label, color }) => (
          <span key={name}>
            <b>{shownOf(name)}</b>
            {series.length > 1 && (
              <>
                <i style={{ background: color }} /> {label}
              </>
            )}
          </span>
        ))}
      </p>
      <div ref={canvas} className={styles.canvas} aria-hidden="true" />
      <p className="visually-hidden">
        {series
          .map(
            ({ name, label }) =>
              `${series.length > 1 ? `${label}: ` : ''}${describeSeries(columns[name], format)}`,
          )
          .join(' ')}
      </p>
    </figure>
  );
}
