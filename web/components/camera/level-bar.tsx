import { LevelMeter } from '@topicast/broadcast';
import { useEffect, useRef, useState } from 'react';
import styles from './camera.module.css';

const QUIETEST_DB = -60;
/** Nobody is silent for so long; a microphone that is muted or the wrong one is. */
const SILENT_AFTER_MS = 5_000;
const SILENCE_DB = -55;
const TOO_LOUD_DB = -1;
const READ_EVERY_MS = 50;

/** How loud it is, and whether there is anything to hear at all. */
export function LevelBar({ track }: { readonly track: MediaStreamTrack }) {
  const bar = useRef<HTMLDivElement>(null);
  const [isSilent, setSilent] = useState(false);

  useEffect(() => {
    const context = new AudioContext();
    const meter = new LevelMeter(track, context);
    let heardAt = performance.now();
    const timer = setInterval(() => {
      const level = Math.max(QUIETEST_DB, meter.read());
      const now = performance.now();
      if (level > SILENCE_DB) heardAt = now;
      setSilent(now - heardAt > SILENT_AFTER_MS);
      const element = bar.current;
      if (!element) return;
      element.style.setProperty('--level', String(1 - level / QUIETEST_DB));
      element.dataset.loud = String(level > TOO_LOUD_DB);
      element.setAttribute('aria-valuenow', String(Math.round(level)));
    }, READ_EVERY_MS);
    return () => {
      clearInterval(timer);
      meter.close();
      void context.close();
    };
  }, [track]);

  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: the bar of a meter element cannot be styled the same in all browsers */}
      <div
        ref={bar}
        className={styles.level}
        role="meter"
        aria-label="Sound level in decibels"
        aria-valuemin={QUIETEST_DB}
        aria-valuemax={0}
        aria-valuenow={QUIETEST_DB}
      />
      <p className={styles.hint} aria-live="polite">
        {isSilent ? 'Nothing is heard: is the microphone muted, or the wrong one?' : ''}
      </p>
    </>
  );
}
