'use client';

import { Button, ButtonLink } from '../../components/ui/button';
import { Icon } from '../../components/ui/icon';
import { Notice } from '../../components/ui/notice';

export default function ErrorPage({ reset }: { readonly error: Error; readonly reset: () => void }) {
  return (
    <Notice
      level={1}
      icon={<Icon name="warning" size={24} />}
      title="This page did not work"
      actions={
        <>
          <Button variant="primary" onClick={reset}>
            Try again
          </Button>
          <ButtonLink href="/">See what is live</ButtonLink>
        </>
      }
    >
      <p>Something went wrong on our side. The streams themselves go on.</p>
    </Notice>
  );
}
