'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import { type ReactNode, useRef, useState } from 'react';
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
  readonly children: (stream: StreamInfo, place: number) => ReactNode;
}

/** The streams in order; if there are many, those that somebody looks for. */
export function StreamList({ streams, children }: StreamListProps) {
  const [search, setSearch] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const shown = arranged(found(streams, search));
  return (
    <>
      {(streams.length >= SEARCHED_FROM || search !== '') && (
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
    </>
  );
}
