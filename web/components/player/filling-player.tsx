'use client';

import { TopicastPlayer } from '@topicast/player/react';
import type { ComponentProps } from 'react';
import styles from './filling-player.module.css';

/** The player in all of its (positioned) parent. */
export function FillingPlayer(props: Omit<ComponentProps<typeof TopicastPlayer>, 'className'>) {
  return <TopicastPlayer className={styles.player} {...props} />;
}
