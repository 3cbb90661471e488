import type { TopicastPlayerElement } from '@topicast/player/react';
import { type RefObject, useEffect, useEffectEvent } from 'react';
import { Icon } from '../ui/icon';
import styles from './stage.module.css';

interface SoundPromptProps {
  readonly player: RefObject<TopicastPlayerElement | null>;
  /** The sound was switched on, by this button or by the controls. */
  readonly onSound: () => void;
}

/** Shown if the browser let the player start only without sound. */
export function SoundPrompt({ player, onSound }: SoundPromptProps) {
  const done = useEffectEvent(onSound);
  useEffect(() => {
    const element = player.current;
    const onVolume = (): void => {
      if (element?.muted === false) done();
    };
    element?.addEventListener('volumechange', onVolume);
    return () => element?.removeEventListener('volumechange', onVolume);
  }, [player]);

  const unmute = (): void => {
    if (player.current) player.current.muted = false;
  };
  return (
    <button type="button" className={`${styles.pill} ${styles.sound}`} onClick={unmute}>
      <Icon name="sound-off" /> Tap for sound
    </button>
  );
}
