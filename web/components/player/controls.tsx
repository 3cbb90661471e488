import {
  MediaControlBar,
  MediaFullscreenButton,
  MediaMuteButton,
  MediaPipButton,
  MediaPlayButton,
  MediaVolumeRange,
} from 'media-chrome/react';
import type { ComponentProps } from 'react';
import { Icon } from '../ui/icon';
import { QualityMenu } from './quality-menu';
import styles from './stage.module.css';

interface ControlsProps {
  readonly quality: ComponentProps<typeof QualityMenu>;
  readonly statsShown: boolean;
  readonly onToggleStats: () => void;
}

export function Controls({ quality, statsShown, onToggleStats }: ControlsProps) {
  return (
    <MediaControlBar className={styles.controls}>
      <MediaPlayButton />
      <MediaMuteButton />
      <MediaVolumeRange className={styles.volume} />
      <span className={styles.space} />
      <QualityMenu {...quality} />
      <button
        type="button"
        className={styles.statsButton}
        aria-pressed={statsShown}
        aria-keyshortcuts="i"
        aria-label="Statistics"
        onClick={onToggleStats}
      >
        <Icon name="chart" size={20} />
      </button>
      <MediaPipButton />
      <MediaFullscreenButton />
    </MediaControlBar>
  );
}
