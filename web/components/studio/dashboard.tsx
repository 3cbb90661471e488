'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { latestOf, usePoll } from '../../hooks/use-poll';
import { plural } from '../../lib/format';
import type { GatewayAddress } from '../../lib/gateway-address';
import { listStreams } from '../../lib/gateway-client';
import { ConnectionBanner } from '../ui/banner';
import { Button } from '../ui/button';
import { GatewayAway } from '../ui/gateway-away';
import { Icon } from '../ui/icon';
import { Notice } from '../ui/notice';
import { CreateDialog } from './create-dialog';
import styles from './dashboard.module.css';
import { DashboardSkeleton } from './dashboard-skeleton';
import { DeleteDialog } from './delete-dialog';
import { StreamRow } from './stream-row';

const POLL_MS = 2_000;

interface DashboardProps {
  readonly gateway: GatewayAddress;
  readonly token: string;
  /** The gateway does not accept the token. */
  readonly onRefused: () => void;
  readonly onLeave: () => void;
}

type Open =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'create' }
  | { readonly kind: 'delete'; readonly stream: StreamInfo };

export function Dashboard({ gateway, token, onRefused, onLeave }: DashboardProps) {
  const [polled, refresh] = usePoll<StreamInfo[]>({
    load: (signal) => listStreams(gateway, { signal, token }),
    everyMs: POLL_MS,
    initial: { status: 'loading' },
  });
  const [open, setOpen] = useState<Open>({ kind: 'nothing' });
  const [said, setSaid] = useState('');
  const heading = useRef<HTMLHeadingElement>(null);
  const refused = polled.status === 'failed' && polled.error.failure.kind === 'unauthorized';
  const refuse = useEffectEvent(onRefused);
  useEffect(() => {
    if (refused) refuse();
  }, [refused]);

  if (polled.status === 'loading' || refused) return <DashboardSkeleton />;
  const streams = latestOf(polled);
  if (!streams)
    return (
      <GatewayAway gateway={gateway} onRetry={refresh} everyMs={POLL_MS}>
        If it runs elsewhere, set <code>TOPICAST_PUBLIC_GATEWAY_URL</code>; if this page has another origin
        than it expects, add it to <code>TOPICAST_ALLOWED_ORIGINS</code>.
      </GatewayAway>
    );

  const close = () => setOpen({ kind: 'nothing' });
  const create = () => setOpen({ kind: 'create' });
  return (
    <>
      <div className={styles.head}>
        <div>
          <h1 ref={heading} tabIndex={-1}>
            Studio
          </h1>
          <p className={styles.sum}>{summary(streams)}</p>
        </div>
        <Button look="quiet" onClick={onLeave}>
          Forget token
        </Button>
        <Button look="primary" onClick={create}>
          <Icon name="plus" /> New stream
        </Button>
      </div>
      {polled.status === 'failed' && (
        <ConnectionBanner onRetry={refresh}>
          The gateway does not answer. What you see may be out of date.
        </ConnectionBanner>
      )}
      <p className="visually-hidden" role="status">
        {said}
      </p>
      {streams.length === 0 ? (
        <NoStreams onCreate={create} />
      ) : (
        <ul className={styles.list}>
          {streams.map((stream) => (
            <StreamRow
              key={stream.id}
              stream={stream}
              gateway={gateway}
              token={token}
              onChanged={refresh}
              onDelete={() => setOpen({ kind: 'delete', stream })}
            />
          ))}
        </ul>
      )}
      {open.kind === 'create' && (
        <CreateDialog
          gateway={gateway}
          token={token}
          taken={new Set(streams.map(({ id }) => id))}
          onClose={close}
          onCreated={(title) => {
            close();
            setSaid(`${title} is created.`);
            refresh();
          }}
        />
      )}
      {open.kind === 'delete' && (
        <DeleteDialog
          gateway={gateway}
          token={token}
          stream={open.stream}
          onClose={close}
          onDeleted={() => {
            close();
            setSaid(`${open.stream.title} is deleted.`);
            refresh();
            // The button that opened the dialog disappears with its stream.
            requestAnimationFrame(() => heading.current?.focus());
          }}
        />
      )}
    </>
  );
}

function summary(streams: readonly StreamInfo[]): string {
  const live = streams.filter(({ state }) => state === 'live').length;
  const failed = streams.filter(({ state }) => state === 'failed').length;
  const viewers = streams.reduce((sum, stream) => sum + stream.viewers, 0);
  return [`${live} live`, failed > 0 && `${failed} failed`, plural(viewers, 'viewer')]
    .filter(Boolean)
    .join(' · ');
}

function NoStreams({ onCreate }: { readonly onCreate: () => void }) {
  return (
    <Notice
      icon={<Icon name="antenna" size={26} />}
      title="No streams yet"
      actions={
        <Button look="primary" onClick={onCreate}>
          <Icon name="plus" /> New stream
        </Button>
      }
    >
      <p>Create one from a test picture, a file or an address. It is on air a second later.</p>
    </Notice>
  );
}
