'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ComponentProps } from 'react';

/** A link that shows whether it leads to the present page. */
export function NavLink(props: ComponentProps<typeof Link>) {
  const current = usePathname() === props.href;
  return <Link aria-current={current ? 'page' : undefined} {...props} />;
}
