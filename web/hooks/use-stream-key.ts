'use client';

import { useEffect, useState } from 'react';
import { keyProblem } from '../lib/camera-page';

type KnownKey =
  /** The server, and the first render: storage has not been read. */
  | { readonly status: 'unknown' }
  | { readonly status: 'absent' }
  | { readonly status: 'present'; readonly value: string };

const nameFor = (id: string): string => `topicast-stream-key:${id}`;

/** Takes `#key=...` into this tab's storage, and out of the address bar and the history. */
function takeFromFragment(id: string): void {
  const key = new URLSearchParams(location.hash.slice(1)).get('key')?.trim();
  if (key === undefined) return;
  if (keyProblem(key, id) === undefined) sessionStorage.setItem(nameFor(id), key);
  history.replaceState(history.state, '', location.pathname + location.search);
}

/** The stream key with which this browser sends, which only this tab keeps. */
export function useStreamKey(id: string): [KnownKey, (key: string | undefined) => void] {
  const [key, setKey] = useState<KnownKey>({ status: 'unknown' });

  useEffect(() => {
    const read = (): void => {
      takeFromFragment(id);
      const value = sessionStorage.getItem(nameFor(id));
      setKey(value ? { status: 'present', value } : { status: 'absent' });
    };
    read();
    window.addEventListener('hashchange', read);
    return () => window.removeEventListener('hashchange', read);
  }, [id]);

  const change = (value: string | undefined): void => {
    if (value) sessionStorage.setItem(nameFor(id), value);
    else sessionStorage.removeItem(nameFor(id));
    setKey(value ? { status: 'present', value } : { status: 'absent' });
  };
  return [key, change];
}
