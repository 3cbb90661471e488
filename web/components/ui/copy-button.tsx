'use client';

import { useEffect, useState } from 'react';
import { Button } from './button';
import { Icon } from './icon';

interface CopyButtonProps {
  /** Called when the button is pressed. */
  readonly text: () => string;
  readonly label: string;
  readonly describedBy?: string;
}

type Outcome = 'none' | 'copied' | 'refused';

const SHOWN_MS = 2_000;

export function CopyButton({ text, label, describedBy }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<Outcome>('none');

  useEffect(() => {
    if (outcome === 'none') return;
    const timer = setTimeout(() => setOutcome('none'), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);

  async function copy(): Promise<void> {
    try {
      // Absent on plain http, except on localhost.
      if (!navigator.clipboard) throw new Error('no clipboard on an insecure page');
      await navigator.clipboard.writeText(text());
      setOutcome('copied');
    } catch {
      setOutcome('refused');
    }
  }

  const words = { none: label, copied: 'Copied', refused: 'Not allowed here' }[outcome];
  return (
    <Button compact onClick={copy} aria-describedby={describedBy}>
      <Icon name={outcome === 'copied' ? 'check' : 'copy'} size={16} />
      <span aria-live="polite">{words}</span>
    </Button>
  );
}
