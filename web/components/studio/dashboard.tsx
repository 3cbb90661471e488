'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import { type Ref, useEffect, useEffectEvent, useState } from 'react';
import { useFocusFallback } from '../../hooks/use-focus-fallback';
import { latestOf, usePoll } from '../../hooks/use-poll';
import { useStreamNews } from '../../hooks/use-stream-news';
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
import { EditDialog } from './edit-dialog';
import { StreamList } from './stream-list';
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
  | { readonly kind: 'edit' | 'delete'; readonly stream: StreamInfo };

export function Dashboard({ gateway, token, onRefused, onLeave }: DashboardProps) {
  const [polled, refresh] = usePoll<StreamInfo[]>({
    load: (signal) => listStreams(gateway, { signal, token }),
    everyMs: POLL_MS,
    initial: { status: 'loading' },
  });
  const [open, setOpen] = useState<Open>({ kind: 'nothing' });
  const streams = latestOf(polled);
  const news = useStreamNews(streams);
  const { fallback, mayDisappear } = useFocusFallback<HTMLButtonElement>();
  const refused = polled.status === 'failed' && polled.error.failure.kind === 'unauthorized';
  const refuse = useEffectEvent(onRefused);
  useEffect(() => {
    if (refused) refuse();
  }, [refused]);

  if (polled.status === 'loading' || refused) return <DashboardSkeleton />;
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
          <h1>Studio</h1>
          <p className={styles.sum}>{summary(streams)}</p>
        </div>
        <Button variant="quiet" onClick={onLeave}>
          Forget token
        </Button>
        <Button variant="primary" ref={fallback} onClick={create}>
          <Icon name="plus" /> New stream
        </Button>
      </div>
      {polled.status === 'failed' && (
        <ConnectionBanner onRetry={refresh}>
          The gateway does not answer. What you see may be out of date.
        </ConnectionBanner>
      )}
      <div className="visually-hidden" role="log" aria-label="What has happened">
        {news.sentences.map(({ key, text }) => (
          <p key={key}>{text}</p>
        ))}
      </div>
      {streams.length === 0 ? (
        <NoStreams onCreate={create} mayDisappear={mayDisappear} />
      ) : (
        <StreamList streams={streams} mayDisappear={mayDisappear}>
          {(stream, place) => (
            <StreamRow
              key={stream.id}
              place={place}
              lastFallback={fallback}
              stream={stream}
              gateway={gateway}
              token={token}
              onAct={() => news.listenFor(stream.id)}
              onChanged={refresh}
              onEdit={() => setOpen({ kind: 'edit', stream })}
              onDelete={() => setOpen({ kind: 'delete', stream })}
            />
          )}
        </StreamList>
      )}
      {open.kind === 'create' && (
        <CreateDialog
          gateway={gateway}
          token={token}
          taken={new Set(streams.map(({ id }) => id))}
          onClose={close}
          onCreated={(id) => {
            close();
            news.listenFor(id);
            refresh();
          }}
        />
      )}
      {open.kind === 'edit' && (
        <EditDialog
          gateway={gateway}
          token={token}
          stream={open.stream}
          onClose={close}
          onSaved={(name) => {
            close();
            news.say(`${name} is saved.`);
            news.listenFor(open.stream.id);
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
            refresh();
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

interface NoStreamsProps {
  readonly onCreate: () => void;
  readonly mayDisappear: Ref<HTMLButtonElement>;
}

function NoStreams({ onCreate, mayDisappear }: NoStreamsProps) {
  return (
    <Notice
      icon={<Icon name="antenna" size={26} />}
      title="No streams yet"
      actions={
        <Button variant="primary" ref={mayDisappear} onClick={onCreate}>
          <Icon name="plus" /> New stream
        </Button>
      }
    >
      <p>Send from this browser or from OBS, or create one from a test picture, a file or an address.</p>
    </Notice>
  );
}
