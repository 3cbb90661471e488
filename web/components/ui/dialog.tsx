'use client';

import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { Button } from './button';
import styles from './dialog.module.css';
import { Icon } from './icon';

interface DialogProps {
  readonly title: string;
  readonly children: ReactNode;
  /** Also called for Escape and the backdrop. */
  readonly onClose: () => void;
}

/**
 * Modal while it is rendered. The focus goes to the element with `data-first-focus`. The browser keeps it inside, and
 * returns it to the element that opened the dialog.
 */
export function Dialog({ title, children, onClose }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // React's autoFocus comes before the dialog is shown, and would be lost.
    element?.querySelector<HTMLElement>('[data-first-focus]')?.focus();
    // A dialog that is removed while open would leave the focus on the body.
    return () => element?.close();
  }, []);

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click on the backdrop; its key is Escape, which the browser handles
    <dialog
      ref={dialog}
      className={styles.dialog}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className={styles.head}>
        <h2 id={titleId}>{title}</h2>
        <Button variant="quiet" icon onClick={onClose} aria-label="Close">
          <Icon name="close" />
        </Button>
      </div>
      <div className={styles.body}>{children}</div>
    </dialog>
  );
}
