import { type ComponentProps, type ReactNode, useId } from 'react';
import styles from './field.module.css';

interface FieldProps extends Omit<ComponentProps<'input'>, 'id'> {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly optional?: boolean;
  /** For addresses, paths and ids. */
  readonly mono?: boolean;
}

/** A labelled input; its hint gives way to its error, and both are read with it. */
export function Field({ label, hint, error, optional, mono, ...input }: FieldProps) {
  const id = useId();
  const described = error || hint ? `${id}-note` : undefined;
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label} {optional && <span className={styles.optional}>(optional)</span>}
      </label>
      <input
        {...input}
        id={id}
        className={mono ? `${styles.input} ${styles.mono}` : styles.input}
        aria-invalid={error !== undefined}
        aria-describedby={described}
      />
      {(error || hint) && (
        <p id={described} className={error ? styles.error : styles.hint} aria-live="polite">
          {error ?? hint}
        </p>
      )}
    </div>
  );
}
