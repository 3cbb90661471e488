'use client';

import { TopicastPlayer } from '@topicast/player/react';
import styles from './filling-player.module.css';
import { PROGRAMS } from './programs';

/** The stream without sound and controls; it fills its (positioned) parent. */
export function FillingPlayer({ src }: { readonly src: string }) {
  return <TopicastPlayer className={styles.player} src={src} muted autoPlay {...PROGRAMS} />;
}
