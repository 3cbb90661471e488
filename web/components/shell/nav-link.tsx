'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ComponentProps } from 'react';

/** A link that tells whether it leads to the page shown. */
export function NavLink(props: ComponentProps<typeof Link>) {
  const current = usePathname() === props.href;
  return <Link aria-current={current ? 'page' : undefined} {...props} />;
}
