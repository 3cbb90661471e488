'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import { useFocusFallback } from '../../../hooks/use-focus-fallback';
import type { GatewayAddress } from '../../../lib/gateway-address';
import { encoderAction } from '../../../lib/stream-facts';
import { nameOf } from '../../../lib/stream-list';
import { Icon } from '../../ui/icon';
import { StateBadge } from '../../ui/state-badge';
import { ActionButton } from '../action-button';
import { useStreamAction } from '../use-stream-action';
import styles from './stream-page.module.css';

interface StreamHeadProps {
  readonly stream: StreamInfo;
  readonly gateway: GatewayAddress;
  readonly token: string;
  /** A request was sent: look again. */
  readonly onChanged: () => void;
}

/** The name of a stream, its state, and what starts and stops it. */
export function StreamHead({ stream, gateway, token, onChanged }: StreamHeadProps) {
  const { pending, error, act } = useStreamAction({
    ...{ gateway, token, id: stream.id },
    onAct: () => undefined,
    onDone: onChanged,
  });
  const { fallback, mayDisappear } = useFocusFallback<HTMLButtonElement>();
  const action = encoderAction(stream);
  const name = nameOf(stream);
  const common = { name, pending, onAct: act };
  return (
    <>
      <div className={styles.head}>
        <h1>{name}</h1>
        <StateBadge state={stream.state} />
        <span className={styles.actions}>
          {action.restart && <ActionButton action="restart" {...common} ref={mayDisappear} />}
          {action.toggle && <ActionButton action={action.toggle} {...common} ref={fallback} />}
        </span>
      </div>
      {error && (
        <p className={styles.error} role="alert">
          <Icon name="warning" /> {error}
        </p>
      )}
    </>
  );
}
