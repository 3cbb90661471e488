import type { ReactNode } from 'react';
import { ButtonLink } from './button';
import { Icon } from './icon';
import { Notice } from './notice';

/** In place of a page that an address does not lead to. */
export function NotFoundNotice({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}) {
  return (
    <Notice
      level={1}
      icon={<Icon name="search" size={24} />}
      title={title}
      actions={
        <ButtonLink variant="primary" href="/">
          See what is live
        </ButtonLink>
      }
    >
      <p>{children}</p>
    </Notice>
  );
}
