'use client';

import { useEffect, useState } from 'react';

const KEY = 'topicast-operator-token';

type OperatorToken =
  /** The server, and the first render: storage has not been read. */
  | { readonly status: 'unknown' }
  | { readonly status: 'absent' }
  | { readonly status: 'present'; readonly value: string };

function stored(): OperatorToken {
  const value = sessionStorage.getItem(KEY);
  return value ? { status: 'present', value } : { status: 'absent' };
}

/** Takes `#token=...` into this tab's storage, and out of the address bar and the history. */
function takeFromFragment(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')?.trim();
  if (!token) return;
  sessionStorage.setItem(KEY, token);
  history.replaceState(history.state, '', location.pathname + location.search);
}

/**
 * The operator's token, which only this tab keeps. It arrives in the fragment, which is never sent to the web server.
 */
export function useOperatorToken(): [OperatorToken, (token: string | undefined) => void] {
  const [token, setToken] = useState<OperatorToken>({ status: 'unknown' });

  useEffect(() => {
    const read = (): void => {
      takeFromFragment();
      setToken(stored());
    };
    read();
    window.addEventListener('hashchange', read);
    return () => window.removeEventListener('hashchange', read);
  }, []);

  const change = (value: string | undefined): void => {
    if (value) sessionStorage.setItem(KEY, value);
    else sessionStorage.removeItem(KEY);
    setToken(stored());
  };
  return [token, change];
}
