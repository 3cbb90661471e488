import Link from 'next/link';
import type { ComponentProps } from 'react';
import styles from './button.module.css';

interface Look {
  readonly look?: 'primary' | 'secondary' | 'quiet' | 'danger' | undefined;
  readonly compact?: boolean | undefined;
  /** A square with an icon only: give it an `aria-label`. */
  readonly icon?: boolean | undefined;
}

const classes = ({ look = 'secondary', compact, icon }: Look, more?: string): string =>
  [styles.button, styles[look], compact && styles.compact, icon && styles.icon, more]
    .filter(Boolean)
    .join(' ');

interface ButtonProps extends Look, ComponentProps<'button'> {
  /** Its request is in progress. The button keeps the focus, which a disabled button would lose. */
  readonly busy?: boolean | undefined;
}

export function Button({
  look,
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
      className={classes({ look, compact, icon }, className)}
      aria-disabled={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    />
  );
}

export function ButtonLink({ look, compact, icon, className, ...rest }: Look & ComponentProps<typeof Link>) {
  return <Link className={classes({ look, compact, icon }, className)} {...rest} />;
}
