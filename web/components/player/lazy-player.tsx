'use client';

import dynamic from 'next/dynamic';

/** The silent player, fetched when it is first shown; there is nothing to render of it on a server. */
export const LazyPlayer = dynamic(() => import('./filling-player').then((module) => module.FillingPlayer), {
  ssr: false,
});
