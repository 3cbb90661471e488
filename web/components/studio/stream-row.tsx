'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import Link from 'next/link';
import type { GatewayAddress } from '../../lib/gateway-address';
import { describeSource, encoderAction } from '../../lib/stream-facts';
import { Button } from '../ui/button';
import { Icon } from '../ui/icon';
import { StateBadge } from '../ui/state-badge';
import { LivePreview } from './live-preview';
import { StreamFacts } from './stream-facts';
import styles from './stream-row.module.css';
import { useStreamAction } from './use-stream-action';

interface StreamRowProps {
  readonly stream: StreamInfo;
  readonly gateway: GatewayAddress;
  readonly token: string;
  /** A request was sent: look again. */
  readonly onChanged: () => void;
  readonly onDelete: () => void;
}

export function StreamRow({ stream, gateway, token, onChanged, onDelete }: StreamRowProps) {
  const { pending, error, act } = useStreamAction({ gateway, token, id: stream.id, onDone: onChanged });
  const action = encoderAction(stream);
  const name = stream.title || stream.id;
  return (
    <li className={styles.row} aria-label={name}>
      <LivePreview stream={stream} gateway={gateway} />
      <div>
        <div className={styles.name}>
          <h2>
            <Link href={`/watch/${stream.id}`}>{name}</Link>
          </h2>
          <StateBadge state={stream.state} />
        </div>
        <p className={styles.origin}>
          <code>{stream.id}</code> · {describeSource(stream.source)}
        </p>
        <StreamFacts stream={stream} />
      </div>
      <div className={styles.actions}>
        {action.start && (
          <Button
            compact
            busy={pending !== undefined}
            onClick={() => act('start')}
            aria-label={`${action.start} ${name}`}
          >
            <Icon name="play" size={15} /> {pending === 'start' ? 'Starting…' : action.start}
          </Button>
        )}
        {action.stop && (
          <Button
            compact
            busy={pending !== undefined}
            onClick={() => act('stop')}
            aria-label={`Stop ${name}`}
          >
            <Icon name="stop" size={15} /> {pending === 'stop' ? 'Stopping…' : 'Stop'}
          </Button>
        )}
        <Button look="quiet" compact icon onClick={onDelete} aria-label={`Delete ${name}`}>
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
