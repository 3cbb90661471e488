import type { CSSProperties } from 'react';
import { posterShape } from '../../lib/poster-bars';
import styles from './poster.module.css';

const BARS = 27;
const WIDTH = 320;
const HEIGHT = 180;
const TALLEST = 96;

/** A picture made from the stream's id: chunks of a log up to the live edge. Decorative. */
export function Poster({ id }: { readonly id: string }) {
  const { hue, bars } = posterShape(id, BARS);
  const step = WIDTH / (BARS + 3);
  return (
    <svg
      className={styles.poster}
      style={{ '--hue': hue } as CSSProperties}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
      focusable="false"
    >
      {bars.map((height, at) => {
        const tall = Math.round(height * TALLEST);
        const x = Math.round((at + 1.75) * step * 10) / 10;
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: the bars of an id never change
            key={at}
            x={x}
            y={(HEIGHT - tall) / 2}
            width="4"
            height={tall}
            rx="2"
            fill={at === BARS - 1 ? 'var(--live)' : 'currentColor'}
            opacity={at === BARS - 1 ? 1 : Math.round((0.1 + 0.6 * (at / BARS)) * 100) / 100}
          />
        );
      })}
    </svg>
  );
}
