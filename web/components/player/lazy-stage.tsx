'use client';

import dynamic from 'next/dynamic';
import styles from './stage.module.css';

/** The stage, whose code is not part of the page's first load. */
export const LazyStage = dynamic(() => import('./stage').then((module) => module.Stage), {
  ssr: false,
  loading: () => <div className={styles.stage} aria-busy="true" />,
});
