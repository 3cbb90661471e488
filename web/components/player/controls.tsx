import type { WantedRendition } from '@topicast/player';
import {
  MediaControlBar,
  MediaFullscreenButton,
  MediaMuteButton,
  MediaPipButton,
  MediaPlayButton,
  MediaVolumeRange,
} from 'media-chrome/react';
import type { ComponentProps } from 'react';
import { type CaptionTrack, captionChoices, NO_CAPTIONS, shownCaptions } from '../../lib/caption-choices';
import { Icon } from '../ui/icon';
import { ChoiceMenu } from './choice-menu';
import styles from './stage.module.css';

interface ControlsProps {
  readonly quality: Omit<ComponentProps<typeof ChoiceMenu<WantedRendition>>, 'label'>;
  readonly captions: { readonly tracks: readonly CaptionTrack[]; readonly show: (label: string) => void };
  readonly statsShown: boolean;
  readonly onToggleStats: () => void;
}

export function Controls({ quality, captions, statsShown, onToggleStats }: ControlsProps) {
  const shown = shownCaptions(captions.tracks);
  return (
    <MediaControlBar className={styles.controls}>
      <MediaPlayButton />
      <MediaMuteButton />
      <MediaVolumeRange className={styles.volume} />
      <span className={styles.space} />
      <ChoiceMenu
        label="Captions"
        choices={captionChoices(captions.tracks)}
        chosen={shown}
        onChoose={captions.show}
        face={shown === NO_CAPTIONS ? 'CC' : undefined}
        shortcut="c"
      />
      <ChoiceMenu label="Quality" {...quality} />
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
