'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import Link from 'next/link';
import type { RefObject } from 'react';
import { useFocusFallback } from '../../hooks/use-focus-fallback';
import { useRowFocus } from '../../hooks/use-row-focus';
import { cameraPage } from '../../lib/camera-page';
import type { GatewayAddress } from '../../lib/gateway-address';
import { describeSource, encoderAction } from '../../lib/stream-facts';
import { nameOf } from '../../lib/stream-list';
import { Button } from '../ui/button';
import { Icon } from '../ui/icon';
import { StateBadge } from '../ui/state-badge';
import { ActionButton } from './action-button';
import { LivePreview } from './live-preview';
import { StreamFacts } from './stream-facts';
import styles from './stream-row.module.css';
import { useStreamAction } from './use-stream-action';

interface StreamRowProps {
  /** In the list. */
  readonly place: number;
  /** Gets the focus when the last row disappears. */
  readonly lastFallback: RefObject<HTMLElement | null>;
  readonly stream: StreamInfo;
  readonly gateway: GatewayAddress;
  readonly token: string;
  /** A request is about to be sent. */
  readonly onAct: () => void;
  /** A request was sent: look again. */
  readonly onChanged: () => void;
  readonly onEdit: () => void;
  readonly onDelete: () => void;
}

export function StreamRow({
  place,
  lastFallback,
  stream,
  gateway,
  token,
  onAct,
  onChanged,
  onEdit,
  onDelete,
}: StreamRowProps) {
  const { pending, error, act } = useStreamAction({
    gateway,
    token,
    id: stream.id,
    onAct,
    onDone: onChanged,
  });
  const { fallback, mayDisappear } = useFocusFallback<HTMLButtonElement>();
  const row = useRowFocus(place, lastFallback);
  const action = encoderAction(stream);
  const name = nameOf(stream);
  const common = { name, pending, onAct: act };
  return (
    <li className={styles.row} ref={row} aria-label={name}>
      <LivePreview stream={stream} gateway={gateway} mayDisappear={mayDisappear} />
      <div>
        <div className={styles.name}>
          <h2>
            <Link href={`/watch/${stream.id}`} data-row-focus>
              {name}
            </Link>
          </h2>
          <StateBadge state={stream.state} />
        </div>
        <p className={styles.origin}>
          <code>{stream.id}</code> · {describeSource(stream.source)}
        </p>
        <StreamFacts stream={stream} />
        <Notes stream={stream} />
      </div>
      <div className={styles.actions}>
        {stream.source?.kind === 'ingest' && (
          <a
            className={styles.camera}
            href={cameraPage(stream.id)}
            aria-label={`Send ${name} from this browser`}
          >
            <Icon name="camera" size={17} />
          </a>
        )}
        {action.restart && <ActionButton action="restart" {...common} ref={mayDisappear} />}
        {/* One button for both, so that it keeps the focus when it has done its work. */}
        {action.toggle && <ActionButton action={action.toggle} {...common} ref={fallback} />}
        {stream.version !== undefined && (
          <Button variant="quiet" compact icon onClick={onEdit} aria-label={`Edit ${name}`}>
            <Icon name="pencil" size={17} />
          </Button>
        )}
        <Button
          variant="quiet"
          compact
          icon
          ref={action.toggle ? undefined : fallback}
          onClick={onDelete}
          aria-label={`Delete ${name}`}
        >
          <Icon name="trash" size={17} />
        </Button>
      </div>
      {error && (
        <div className={styles.trouble} data-grave="true" role="alert">
          <p>
            <Icon name="warning" />
            {error}
          </p>
        </div>
      )}
      <Trouble stream={stream} />
    </li>
  );
}

/** What was found in the source, and what was done with it. */
function Notes({ stream: { notes = [] } }: { readonly stream: StreamInfo }) {
  if (notes.length === 0) return null;
  return (
    <ul className={styles.notes} aria-label="Notes">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}

/** Why it failed, or what is wrong, with the encoder's last lines. */
function Trouble({ stream }: { readonly stream: StreamInfo }) {
  const failed = stream.state === 'failed';
  const log = stream.encoderLog ?? [];
  const problem = stream.problem ?? (failed ? 'The encoder failed.' : undefined);
  if (!problem) return null;
  return (
    <div className={styles.trouble} data-grave={failed}>
      <p>
        <Icon name="warning" />
        {problem}
      </p>
      {log.length > 0 && (
        <details>
          <summary>The encoder’s last words</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
          <pre className={styles.log} tabIndex={0}>
            {log.join('\n')}
          </pre>
        </details>
      )}
    </div>
  );
}
