'use client';

import { useId, useSyncExternalStore } from 'react';
import { embedSnippets, type Snippet } from '../../lib/embed-snippets';
import { CopyButton } from '../ui/copy-button';
import { Icon } from '../ui/icon';
import styles from './embed.module.css';

interface EmbedProps {
  readonly id: string;
  readonly src: string;
  readonly title: string;
}

const never = () => () => undefined;

export function Embed({ id, src, title }: EmbedProps) {
  const origin = useSyncExternalStore(
    never,
    () => location.origin,
    () => '',
  );
  return (
    <details className={styles.embed}>
      <summary>
        <Icon name="chevron" size={16} /> Embed this stream
      </summary>
      <div className={styles.list}>
        {embedSnippets({
          src,
          embedUrl: `${origin}/embed/${id}`,
          playerUrl: `${origin}/topicast-player.js`,
          title,
        }).map((snippet) => (
          <SnippetBlock key={snippet.name} snippet={snippet} />
        ))}
      </div>
    </details>
  );
}

function SnippetBlock({ snippet }: { readonly snippet: Snippet }) {
  const headingId = useId();
  return (
    <section aria-labelledby={headingId}>
      <div className={styles.head}>
        <h2 id={headingId}>{snippet.name}</h2>
        <p>{snippet.note}</p>
        <CopyButton text={() => snippet.code} label="Copy" describedBy={headingId} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
      <pre className={styles.code} tabIndex={0}>
        <code>{snippet.code}</code>
      </pre>
    </section>
  );
}
