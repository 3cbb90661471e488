import type { Ref } from 'react';
import { Button } from '../ui/button';
import { Icon } from '../ui/icon';
import type { EncoderAction } from './use-stream-action';

const FACES = {
  start: { icon: 'play', label: 'Start', underWay: 'Starting…' },
  restart: { icon: 'play', label: 'Restart', underWay: 'Starting…' },
  stop: { icon: 'stop', label: 'Stop', underWay: 'Stopping…' },
} as const;

interface ActionButtonProps {
  readonly action: EncoderAction;
  /** Of the stream. */
  readonly name: string;
  /** What is under way. */
  readonly pending: EncoderAction | undefined;
  readonly onAct: (action: EncoderAction) => void;
  readonly ref: Ref<HTMLButtonElement>;
}

/** Starts or stops a stream. */
export function ActionButton({ action, name, pending, onAct, ref }: ActionButtonProps) {
  const { icon, label, underWay } = FACES[action];
  return (
    <Button
      compact
      ref={ref}
      busy={pending !== undefined}
      onClick={() => onAct(action)}
      aria-label={`${label} ${name}`}
    >
      <Icon name={icon} size={15} /> {pending === action ? underWay : label}
    </Button>
  );
}
