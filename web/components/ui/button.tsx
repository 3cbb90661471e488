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

export function Button({
  look,
  compact,
  icon,
  className,
  type = 'button',
  ...rest
}: Look & ComponentProps<'button'>) {
  return <button type={type} className={classes({ look, compact, icon }, className)} {...rest} />;
}

export function ButtonLink({ look, compact, icon, className, ...rest }: Look & ComponentProps<typeof Link>) {
  return <Link className={classes({ look, compact, icon }, className)} {...rest} />;
}
