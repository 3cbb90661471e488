import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import type { Choice } from '../../lib/choice';
import styles from './choice-menu.module.css';

interface ChoiceMenuProps<Value extends string | number> {
  /** What is chosen here, such as `Quality`. */
  readonly label: string;
  /** Empty: there is nothing to choose from, and no menu. */
  readonly choices: readonly Choice<Value>[];
  readonly chosen: Value;
  readonly onChoose: (value: Value) => void;
  /** On the button; absent: the name of the choice. */
  readonly face?: string | undefined;
  /** The key that does something like it without the menu. */
  readonly shortcut?: string;
}

/** A menu button with its menu, as the ARIA Authoring Practices describe them. */
export function ChoiceMenu<Value extends string | number>(props: ChoiceMenuProps<Value>) {
  const { label, choices, chosen, onChoose, face, shortcut } = props;
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
      className={styles.choice}
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
        aria-keyshortcuts={shortcut}
        aria-label={`${label}: ${spoken(current)}`}
        onClick={() => setOpen(!open)}
      >
        {face ?? current.name}
      </button>
      {open && (
        <div ref={menu} id={id} className={styles.menu} role="menu" aria-label={label} onKeyDown={onKeyDown}>
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

const spoken = ({ name, note }: Choice<string | number>): string => (note ? `${name}, ${note}` : name);

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
