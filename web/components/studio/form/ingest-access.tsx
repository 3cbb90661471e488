'use client';

import type { IngestAccess } from '@topicast/contracts/http';
import { parseStreamKey } from '@topicast/contracts/ingest-key';
import { type ReactNode, useId } from 'react';
import { goToCamera } from '../../../lib/camera-page';
import { Button } from '../../ui/button';
import { CopyButton } from '../../ui/copy-button';
import { Icon } from '../../ui/icon';
import styles from './ingest-access.module.css';
import { PhoneCode } from './phone-code';

interface IngestAccessPanelProps {
  readonly access: IngestAccess;
  /** What to do next. */
  readonly children: ReactNode;
}

/** Where an encoder has to send, with the key that is shown this once. */
export function IngestAccessPanel({ access, children }: IngestAccessPanelProps) {
  const stream = parseStreamKey(access.key)?.stream;
  return (
    <div className={styles.panel}>
      <p>
        In OBS: Settings, Stream, Service “Custom…”. Then Output: keyframe interval 1 s, and under x264 the
        tune “zerolatency”, which viewers notice most.
      </p>
      {access.rtmp !== undefined && <Value name="Server" value={access.rtmp} />}
      {access.rtmp === undefined && access.srt === undefined && access.whip === undefined && (
        <p className={styles.warning} role="status">
          {access.problem ?? 'The gateway does not say to which server the encoder has to send.'}
        </p>
      )}
      <Value name="Stream key" value={access.key} first />
      {access.rtmp !== undefined && <PhoneCode rtmp={access.rtmp} streamKey={access.key} />}
      {access.whip !== undefined && (
        <details>
          <summary>By WHIP (WebRTC), in OBS 30 and later</summary>
          <p>
            Service “WHIP”, with this server, and the stream key as the bearer token. Then Output: keyframe
            interval 1 s, x264 without B-frames, and Opus as the audio encoder.
          </p>
          <Value name="WHIP server" value={access.whip} />
        </details>
      )}
      {access.srt !== undefined && (
        <Value
          name={access.rtmp === undefined ? 'Server (SRT), with no key' : 'Or by SRT, with no key'}
          value={access.srt}
        />
      )}
      <p className={styles.warning}>
        Copy it now: it cannot be shown again. Whoever has it can put pictures on air. You can make a new one
        on the page of the stream.
      </p>
      <div className={styles.actions}>
        {stream !== undefined && access.camera !== undefined && (
          <Button onClick={() => goToCamera(stream, access.key)}>
            <Icon name="camera" size={16} /> Send from this browser
          </Button>
        )}
        {children}
      </div>
    </div>
  );
}

function Value({
  name,
  value,
  first,
}: {
  readonly name: string;
  readonly value: string;
  readonly first?: boolean;
}) {
  const id = useId();
  return (
    <div className={styles.value}>
      <label htmlFor={id}>{name}</label>
      <input
        id={id}
        readOnly
        value={value}
        data-first-focus={first}
        onFocus={(event) => event.target.select()}
      />
      <CopyButton text={() => value} label="Copy" describedBy={id} />
    </div>
  );
}
