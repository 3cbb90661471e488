'use client';

import { useEffect } from 'react';
import { Button } from '../ui/button';
import { Icon } from '../ui/icon';
import styles from './theme-toggle.module.css';

const KEY = 'topicast-theme';

// Does what public/theme.js does before the first paint. Next renders its 404 page in the browser, without that script.
function applyStoredTheme(): void {
  try {
    const theme = localStorage.getItem(KEY);
    if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is blocked: the system's theme stays.
  }
}

function toggleTheme(): void {
  const root = document.documentElement;
  const shown = root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  const theme = shown === 'dark' ? 'light' : 'dark';
  root.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage is blocked: the choice lasts as long as the page.
  }
}

/** Both icons are in the page and CSS shows one of them, because the server does not know the visitor's theme. */
export function ThemeToggle() {
  useEffect(applyStoredTheme, []);
  return (
    <Button variant="quiet" icon onClick={toggleTheme} aria-label="Switch between dark and light theme">
      <span className={styles.forDark}>
        <Icon name="sun" />
      </span>
      <span className={styles.forLight}>
        <Icon name="moon" />
      </span>
    </Button>
  );
}
