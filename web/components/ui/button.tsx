import Link from 'next/link';
import type { ComponentProps } from 'react';
import styles from './button.module.css';

interface ButtonShape {
  readonly variant?: 'primary' | 'secondary' | 'quiet' | 'danger' | undefined;
  readonly compact?: boolean | undefined;
  /** A square with an icon only: give it an `aria-label`. */
  readonly icon?: boolean | undefined;
}

const classes = ({ variant = 'secondary', compact, icon }: ButtonShape, more?: string): string =>
  [styles.button, styles[variant], compact && styles.compact, icon && styles.icon, more]
    .filter(Boolean)
    .join(' ');

interface ButtonProps extends ButtonShape, ComponentProps<'button'> {
  /** Its request is in progress. The button keeps the focus, which a disabled button would lose. */
  readonly busy?: boolean | undefined;
}

export function Button({
  variant,
  compact,
  icon,
  busy = false,
  className,
  type = 'button',
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={classes({ variant, compact, icon }, className)}
      aria-disabled={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    />
  );
}

export function ButtonLink({
  variant,
  compact,
  icon,
  className,
  ...rest
}: ButtonShape & ComponentProps<typeof Link>) {
  return <Link className={classes({ variant, compact, icon }, className)} {...rest} />;
}
