import type { WantedRendition } from '@topicast/player';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import type { QualityChoice } from '../../lib/quality-choices';
import styles from './quality-menu.module.css';

interface QualityMenuProps {
  /** Empty: there is nothing to choose from, and no menu. */
  readonly choices: readonly QualityChoice[];
  readonly chosen: WantedRendition;
  readonly onChoose: (value: WantedRendition) => void;
}

/** A menu button with its menu, as the ARIA Authoring Practices describe them. */
export function QualityMenu({ choices, chosen, onChoose }: QualityMenuProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const current = choices.find(({ value }) => value === chosen) ?? choices[0];

  useEffect(() => {
    if (open) menu.current?.querySelector<HTMLElement>('[aria-checked="true"]')?.focus();
  }, [open]);

  if (!current) return null;
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Tab') setOpen(false);
    const handled = event.key === 'Escape' || moveFocus(menu.current, event.key);
    if (event.key === 'Escape') close();
    if (handled) event.preventDefault();
    // The stage has keys of its own.
    event.stopPropagation();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only watches the focus leave, for the menu inside
    <div
      className={styles.quality}
      onBlur={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget)) setOpen(false);
      }}
    >
      <button
        ref={button}
        type="button"
        className={styles.button}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={`Quality: ${spoken(current)}`}
        onClick={() => setOpen(!open)}
      >
        {current.name}
      </button>
      {open && (
        <div
          ref={menu}
          id={id}
          className={styles.menu}
          role="menu"
          aria-label="Quality"
          onKeyDown={onKeyDown}
        >
          {choices.map((choice) => (
            <button
              key={choice.value}
              type="button"
              role="menuitemradio"
              tabIndex={-1}
              aria-checked={choice === current}
              aria-disabled={choice.disabled}
              onClick={() => {
                if (choice.disabled) return;
                onChoose(choice.value);
                close();
              }}
            >
              {choice.name}
              {choice.note && <small>{choice.note}</small>}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

const spoken = ({ name, note }: QualityChoice): string => (note ? `${name}, ${note}` : name);

/** Up and down go round, as in menus of the system. Returns whether the key means something here. */
function moveFocus(menu: HTMLElement | null, key: string): boolean {
  const items = [...(menu?.querySelectorAll<HTMLElement>('[role="menuitemradio"]') ?? [])];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: (at + 1) % items.length,
    ArrowUp: (at - 1 + items.length) % items.length,
    Home: 0,
    End: items.length - 1,
  };
  const target = targets[key];
  if (target === undefined) return false;
  items[target]?.focus();
  return true;
}
