import { useEffect, useRef } from 'react';
import type { Capture } from '../../hooks/use-capture';
import { Icon } from '../ui/icon';
import styles from './camera.module.css';
import { LevelBar } from './level-bar';

interface PreviewProps {
  readonly capture: Capture;
  /** As in a mirror; viewers see it the right way round. */
  readonly isMirrored: boolean;
  readonly isOnAir: boolean;
}

/** What is sent, or will be, as it comes from the device. */
export function Preview({ capture, isMirrored, isOnAir }: PreviewProps) {
  const video = useRef<HTMLVideoElement>(null);
  const stream = capture.status === 'open' ? capture.stream : undefined;

  useEffect(() => {
    if (video.current) video.current.srcObject = stream ?? null;
  }, [stream]);

  const [sound] = stream?.getAudioTracks() ?? [];
  return (
    <div>
      <div className={styles.preview} data-on-air={isOnAir}>
        <video ref={video} muted autoPlay playsInline data-mirrored={isMirrored} aria-label="Preview" />
        {!stream && (
          <p>
            <Icon name="camera" size={28} />
            {capture.status === 'opening' ? 'The browser asks for it…' : 'Nobody sees you yet.'}
          </p>
        )}
      </div>
      {stream && sound && <LevelBar key={sound.id} track={sound} />}
      {stream && !sound && <p className={styles.hint}>No sound is sent.</p>}
    </div>
  );
}
