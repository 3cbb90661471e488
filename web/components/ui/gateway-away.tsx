import type { ReactNode } from 'react';
import type { GatewayAddress } from '../../lib/gateway-address';
import { Button } from './button';
import { Icon } from './icon';
import { Notice } from './notice';

interface GatewayAwayProps {
  readonly gateway: GatewayAddress;
  readonly everyMs: number;
  readonly onRetry: () => void;
  /** Further text, for the audience of this page. */
  readonly children: ReactNode;
}

/** In place of a page's content while the gateway has not answered yet. */
export function GatewayAway({ gateway, everyMs, onRetry, children }: GatewayAwayProps) {
  return (
    <Notice
      level={1}
      icon={<Icon name="unplug" size={26} />}
      title="The gateway does not answer"
      actions={
        <Button variant="primary" onClick={onRetry}>
          Try now
        </Button>
      }
    >
      <p role="status">
        Trying <code>{gateway.http}</code> every {everyMs / 1_000} seconds. {children}
      </p>
    </Notice>
  );
}
