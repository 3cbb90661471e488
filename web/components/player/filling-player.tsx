'use client';

import { TopicastPlayer, type TopicastPlayerElement } from '@topicast/player/react';
import { useCallback } from 'react';
import styles from './filling-player.module.css';

/** The stream without sound and controls, in all of its (positioned) parent. */
export function FillingPlayer({ src }: { readonly src: string }) {
  // The attribute speaks for elements that are made with it; this one gets it when it exists already (HTML 4.8.11.11).
  const mute = useCallback((player: TopicastPlayerElement | null) => {
    if (player) player.muted = true;
  }, []);
  return <TopicastPlayer ref={mute} className={styles.player} src={src} muted autoPlay />;
}
