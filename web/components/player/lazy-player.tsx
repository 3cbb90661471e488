'use client';

import dynamic from 'next/dynamic';

/** The silent player, which is loaded when it is first shown; a server has nothing to render. */
export const LazyPlayer = dynamic(() => import('./filling-player').then((module) => module.FillingPlayer), {
  ssr: false,
});
