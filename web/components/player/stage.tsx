'use client';

import { TopicastPlayer, type TopicastPlayerElement, type WantedRendition } from '@topicast/player/react';
import { MediaController } from 'media-chrome/react';
import { type ComponentRef, useEffect, useRef, useState } from 'react';
import { useCaptions } from '../../hooks/use-captions';
import { useHotkeys } from '../../hooks/use-hotkeys';
import { usePlayerReport } from '../../hooks/use-player-report';
import { toggledCaptions } from '../../lib/caption-choices';
import { qualityChoices } from '../../lib/quality-choices';
import { needsJump, spokenState, watchView } from '../../lib/watch-view';
import { Controls } from './controls';
import { LiveBadge } from './live-badge';
import { PROGRAMS } from './programs';
import { SoundPrompt } from './sound-prompt';
import styles from './stage.module.css';
import { StatusOverlay } from './status-overlay';

interface StageProps {
  /** The encoder is away, and the picture is a slate. */
  readonly isInterrupted?: boolean;
  /** The WebSocket address of the stream. */
  readonly src: string;
  readonly title: string;
}

/** The player and everything over the picture: badge, state, controls. The player has the statistics itself. */
export function Stage({ src, title, isInterrupted = false }: StageProps) {
  const stage = useRef<HTMLDivElement>(null);
  const controller = useRef<ComponentRef<typeof MediaController>>(null);
  const player = useRef<TopicastPlayerElement>(null);
  const [statsShown, setStatsShown] = useState(false);
  const [silenced, setSilenced] = useState(false);
  const [wanted, setWanted] = useState<WantedRendition>('auto');
  const captions = useCaptions(player);
  const { report, ...listeners } = usePlayerReport();
  const { state, stats, renditions, rendition } = report;
  const view = watchView(state);

  useEffect(() => {
    // The whole stage goes to full screen, not only the content of the controller.
    if (controller.current && stage.current) controller.current.fullscreenElement = stage.current;
  }, []);

  const toggleStats = () => setStatsShown((shown) => !shown);
  const jumpToLive = () => rejoin(player.current);
  useHotkeys({
    i: toggleStats,
    c: () => captions.show(toggledCaptions(captions.tracks)),
    k: () => togglePlay(player.current),
    ' ': () => togglePlay(player.current),
    m: () => toggleSound(player.current),
    f: () => toggleFullscreen(stage.current),
    l: () => {
      if (needsJump(state, stats?.latencyMs)) jumpToLive();
    },
  });

  return (
    <div ref={stage} className={styles.stage} data-stats={statsShown}>
      <MediaController
        ref={controller}
        className={styles.controller}
        defaultStreamType="live"
        noHotkeys
        noAutoSeekToLive
        noMutedPref
      >
        <TopicastPlayer
          ref={player}
          slot="media"
          className={styles.media}
          src={src}
          title={title}
          autoPlay
          rendition={wanted}
          {...PROGRAMS}
          statsOverlay={statsShown}
          onStatsOverlayClose={() => setStatsShown(false)}
          {...listeners}
          onAutoplayMuted={() => setSilenced(true)}
        />
        <Controls
          quality={{ choices: qualityChoices(renditions, rendition), chosen: wanted, onChoose: setWanted }}
          captions={captions}
          statsShown={statsShown}
          onToggleStats={toggleStats}
        />
      </MediaController>
      <StatusOverlay view={view} onRetry={jumpToLive} />
      <div className={styles.top}>
        <LiveBadge
          isInterrupted={isInterrupted}
          state={state}
          latencyMs={stats?.latencyMs}
          onJump={jumpToLive}
        />
      </div>
      {silenced && view.kind === 'clear' && (
        <SoundPrompt player={player} onSound={() => setSilenced(false)} />
      )}
      <p className="visually-hidden" role="status">
        {spokenState(view)}
      </p>
    </div>
  );
}

// If the browser refuses to play, the player's state shows it; if it refuses full screen, nothing happens.
const ignore = (): void => undefined;

function togglePlay(player: TopicastPlayerElement | null): void {
  if (player?.paused) player.play().catch(ignore);
  else player?.pause();
}

/** A paused viewer joins at the live edge; a viewer who is behind starts again. */
function rejoin(player: TopicastPlayerElement | null): void {
  if (player?.state.name === 'paused') player.play().catch(ignore);
  else player?.load();
}

function toggleSound(player: TopicastPlayerElement | null): void {
  if (player) player.muted = !player.muted;
}

function toggleFullscreen(stage: HTMLElement | null): void {
  const change = document.fullscreenElement ? document.exitFullscreen() : stage?.requestFullscreen();
  change?.catch(ignore);
}
