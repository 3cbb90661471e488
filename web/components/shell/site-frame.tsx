import Link from 'next/link';
import type { ReactNode } from 'react';
import { Logo } from './logo';
import { NavLink } from './nav-link';
import styles from './site-frame.module.css';
import { ThemeToggle } from './theme-toggle';

/** Header, content and footer, for every page except the embedded player. */
export function SiteFrame({ children }: { readonly children: ReactNode }) {
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#content">
        Skip to content
      </a>
      <header className={styles.header}>
        <div className={styles.bar}>
          <Link className={styles.brand} href="/">
            <Logo />
            Topicast
          </Link>
          <nav aria-label="Main">
            <NavLink href="/" className={styles.link}>
              Live
            </NavLink>
            <NavLink href="/studio" className={styles.link}>
              Studio
            </NavLink>
          </nav>
          <ThemeToggle />
        </div>
      </header>
      <main className={styles.main} id="content" tabIndex={-1}>
        {children}
      </main>
      <footer className={styles.footer}>Topicast · live video, carried by a log</footer>
    </div>
  );
}
