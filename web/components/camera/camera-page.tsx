'use client';

import { SIZES, whatIsMissing } from '@topicast/broadcast';
import type { StreamInfo } from '@topicast/contracts/http';
import { bitsPerSecond } from '@topicast/contracts/units';
import { useEffect, useState } from 'react';
import { useBroadcast } from '../../hooks/use-broadcast';
import { useCapture } from '../../hooks/use-capture';
import { latestOf, usePoll } from '../../hooks/use-poll';
import { useStreamKey } from '../../hooks/use-stream-key';
import { type CaptureChoice, choiceOf, FIRST_CHOICE, FRAME_RATE, wishOf } from '../../lib/capture-choice';
import { plural } from '../../lib/format';
import type { GatewayAddress } from '../../lib/gateway-address';
import { getStream } from '../../lib/gateway-client';
import { Button, ButtonLink } from '../ui/button';
import { Icon } from '../ui/icon';
import { Notice } from '../ui/notice';
import { StateBadge } from '../ui/state-badge';
import styles from './camera.module.css';
import { CaptureFields } from './capture-fields';
import { KeyForm } from './key-form';
import { LiveReport } from './live-report';
import { Preview } from './preview';

const POLL_MS = 2_000;
const SOUND_BITRATE = bitsPerSecond(96_000);
const NO_SERVER =
  'No server takes cameras here: its operator has turned that off (TOPICAST_CAMERA_PORT). OBS can still send.';

interface CameraPageProps {
  readonly id: string;
  readonly gateway: GatewayAddress;
  /** Where the picture is sent; undefined: nowhere. */
  readonly camera: string | undefined;
}

/** Sends camera or screen of this browser to a stream. */
export function CameraPage({ id, gateway, camera }: CameraPageProps) {
  const missing = useMissing(camera);
  const [polled] = usePoll<StreamInfo>({
    load: (signal) => getStream(gateway, id, { signal }),
    everyMs: POLL_MS,
    initial: { status: 'loading' },
  });
  const stream = latestOf(polled);
  return (
    <div className={styles.page}>
      <div className={styles.head}>
        <div>
          <h1>{stream?.title || id}</h1>
          <p className={styles.about}>
            {stream && <StateBadge state={stream.state} />}
            {stream && <span>{plural(stream.viewers, 'viewer')}</span>}
          </p>
        </div>
        <ButtonLink href={`/watch/${id}`} target="_blank">
          <Icon name="eye" size={16} /> Watch page
        </ButtonLink>
      </div>
      {missing.status === 'known' && missing.words !== undefined && (
        <Notice icon={<Icon name="warning" size={26} />} title="This browser cannot send">
          <p>{missing.words}</p>
        </Notice>
      )}
      {missing.status === 'known' && missing.words === undefined && camera !== undefined && (
        <Sender id={id} gateway={gateway} camera={camera} />
      )}
    </div>
  );
}

type Missing =
  | { readonly status: 'unknown' }
  | { readonly status: 'known'; readonly words: string | undefined };

/** The server cannot know what this browser has. */
function useMissing(camera: string | undefined): Missing {
  const [missing, setMissing] = useState<Missing>({ status: 'unknown' });
  useEffect(() => {
    const look = async (): Promise<void> => {
      setMissing({ status: 'known', words: camera === undefined ? NO_SERVER : await whatIsMissing() });
    };
    void look();
  }, [camera]);
  return missing;
}

interface SenderProps {
  readonly id: string;
  readonly gateway: GatewayAddress;
  readonly camera: string;
}

function Sender({ id, gateway, camera }: SenderProps) {
  const { capture, devices, open, close } = useCapture();
  const broadcast = useBroadcast();
  const [key, setKey] = useStreamKey(id);
  const [choice, setChoice] = useState<CaptureChoice>(FIRST_CHOICE);
  const { state, stats, use } = broadcast;
  const isSending = state !== undefined && state.at !== 'ended';
  const stream = capture.status === 'open' ? capture.stream : undefined;
  const problem =
    capture.status === 'open' ? capture.refused : capture.status === 'failed' ? capture.words : undefined;

  // Another device while it is on air.
  useEffect(() => {
    if (stream) use(stream);
  }, [stream, use]);

  const show = async (next: CaptureChoice): Promise<void> => {
    const goesOn = await open(wishOf(next));
    // The fields say what is shown, also if it is not what somebody wanted.
    if (goesOn) setChoice((now) => ({ ...now, ...choiceOf(goesOn) }));
  };
  const choose = (next: CaptureChoice): void => {
    setChoice(next);
    if (capture.status === 'open' || next.picture !== choice.picture) void show(next);
  };
  const goLive = (): void => {
    if (!stream || key.status !== 'present') return;
    const size = SIZES.find(({ height }) => height === choice.height) ?? SIZES[1];
    broadcast.start(
      {
        address: camera,
        key: key.value,
        settings: {
          ...{ maxHeight: size.height, frameRate: FRAME_RATE },
          ...{ pictureBitrate: size.bitrate, soundBitrate: SOUND_BITRATE },
        },
      },
      stream,
    );
  };

  return (
    <div className={styles.sender}>
      <div className={styles.left}>
        <Preview
          capture={capture}
          isMirrored={choice.picture === 'camera'}
          isOnAir={state?.at === 'on air'}
        />
        {problem !== undefined && (
          <p className={styles.problem} role="alert">
            <Icon name="warning" /> {problem}
          </p>
        )}
        {state && <LiveReport state={state} stats={stats} />}
      </div>
      <div className={styles.right}>
        <CaptureFields choice={choice} devices={devices} isSending={isSending} onChange={choose} />
        {key.status === 'absent' && <KeyForm id={id} gateway={gateway} onKey={setKey} />}
        <div className={styles.actions}>
          {capture.status === 'open' && !isSending && <Button onClick={close}>Turn off</Button>}
          {capture.status !== 'open' && (
            <Button variant="primary" busy={capture.status === 'opening'} onClick={() => void show(choice)}>
              <Icon name={choice.picture} />
              {choice.picture === 'camera' ? 'Turn on the camera' : 'Choose a screen'}
            </Button>
          )}
          {capture.status === 'open' && !isSending && key.status === 'present' && (
            <Button variant="primary" onClick={goLive}>
              <Icon name="antenna" /> Go live
            </Button>
          )}
          {isSending && (
            <Button variant="danger" onClick={broadcast.stop}>
              <Icon name="stop" size={16} /> Stop
            </Button>
          )}
        </div>
        {key.status === 'present' && !isSending && (
          <p className={styles.hint}>
            This tab has the stream key.{' '}
            <button type="button" className={styles.link} onClick={() => setKey(undefined)}>
              Use another key
            </button>
          </p>
        )}
      </div>
    </div>
  );
}
