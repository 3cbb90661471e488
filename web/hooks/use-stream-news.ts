'use client';

import type { StreamInfo } from '@topicast/contracts/http';
import { useCallback, useEffect, useRef, useState } from 'react';
import { streamNews, type ToldStreams } from '../lib/stream-news';

export interface Sentence {
  readonly key: number;
  readonly text: string;
}

/** A screen reader has read them by the time that others come. */
const MOST_KEPT = 5;

interface StreamNews {
  /** The newest last. */
  readonly sentences: readonly Sentence[];
  readonly say: (text: string) => void;
  /** Somebody here has acted on the stream, and waits for what comes of it. */
  readonly listenFor: (id: string) => void;
}

/** What happens to the streams, in sentences. */
export function useStreamNews(streams: readonly StreamInfo[] | undefined): StreamNews {
  const [sentences, setSentences] = useState<readonly Sentence[]>([]);
  const told = useRef<ToldStreams>(undefined);
  const awaited = useRef(new Set<string>());
  const count = useRef(0);

  const say = useCallback((text: string) => {
    const key = count.current++;
    setSentences((before) => [...before, { key, text }].slice(-MOST_KEPT));
  }, []);

  useEffect(() => {
    if (!streams) return;
    const now = performance.now();
    const news = streamNews({ told: told.current, streams, awaited: awaited.current, now });
    for (const [id, { at }] of news.told) if (at === now) awaited.current.delete(id);
    told.current = news.told;
    for (const each of news.sentences) say(each);
  }, [streams, say]);

  const listenFor = useCallback((id: string) => void awaited.current.add(id), []);
  return { sentences, say, listenFor };
}
