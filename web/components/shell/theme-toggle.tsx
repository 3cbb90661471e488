'use client';

import { Button } from '../ui/button';
import { Icon } from '../ui/icon';
import styles from './theme-toggle.module.css';

function toggleTheme(): void {
  const root = document.documentElement;
  const shown = root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  const theme = shown === 'dark' ? 'light' : 'dark';
  root.dataset.theme = theme;
  try {
    localStorage.setItem('topicast-theme', theme);
  } catch {
    // Storage is blocked: the choice lasts as long as the page.
  }
}

/** Both icons are in the page and CSS shows one: the server does not know the visitor's theme. */
export function ThemeToggle() {
  return (
    <Button look="quiet" icon onClick={toggleTheme} aria-label="Switch between dark and light theme">
      <span className={styles.forDark}>
        <Icon name="sun" />
      </span>
      <span className={styles.forLight}>
        <Icon name="moon" />
      </span>
    </Button>
  );
}
