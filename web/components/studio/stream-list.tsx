'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import { type ReactNode, type Ref, useState } from 'react';
import { useFocusFallback } from '../../hooks/use-focus-fallback';
import { arranged, found } from '../../lib/stream-list';
import { Button } from '../ui/button';
import { Field } from '../ui/field';
import { Icon } from '../ui/icon';
import { Notice } from '../ui/notice';
import styles from './dashboard.module.css';

/** Fewer can be seen at a glance. */
const SEARCHED_FROM = 6;

interface StreamListProps {
  readonly streams: readonly StreamInfo[];
  /** For all of it, which is there while there are streams. */
  readonly mayDisappear: Ref<HTMLDivElement>;
  readonly children: (stream: StreamInfo, place: number) => ReactNode;
}

/** The streams in order; if there are many, those that somebody looks for. */
export function StreamList({ streams, mayDisappear, children }: StreamListProps) {
  const [search, setSearch] = useState('');
  const [hasFocus, setHasFocus] = useState(false);
  const { fallback: field, mayDisappear: button } = useFocusFallback<HTMLInputElement>();
  const shown = arranged(found(streams, search));
  return (
    <div ref={mayDisappear}>
      {(streams.length >= SEARCHED_FROM || search !== '' || hasFocus) && (
        <search className={styles.search}>
          <Field
            ref={field}
            label="Search"
            type="search"
            name="search"
            autoComplete="off"
            spellCheck={false}
            placeholder="Title, id or source"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            onFocus={() => setHasFocus(true)}
            // While another window is in front, the field still has the focus of this one.
            onBlur={({ currentTarget }) => setHasFocus(document.activeElement === currentTarget)}
            hint={search.trim() && `${shown.length} of ${streams.length} streams`}
          />
        </search>
      )}
      {shown.length === 0 ? (
        <Notice
          icon={<Icon name="search" size={26} />}
          title="No stream is like that"
          actions={
            <Button
              ref={button}
              onClick={() => {
                setSearch('');
                field.current?.focus();
              }}
            >
              Show all streams
            </Button>
          }
        >
          <p>No title, id or source contains “{search.trim()}”.</p>
        </Notice>
      ) : (
        <ul className={styles.list}>{shown.map(children)}</ul>
      )}
    </div>
  );
}
