'use client';

import type { SourceLook } from '@topicast/contracts/look';
import type { ShownLook } from '../../../lib/shown-look';
import { lookLines, lookSummary } from '../../../lib/source-look';
import { Button } from '../../ui/button';
import styles from './source-look.module.css';
import type { LookState } from './use-source-look';

interface SourceLookProps {
  readonly state: LookState;
  readonly onLook: () => void;
  readonly onStop: () => void;
}

/** What is in the source that the form names, before anybody sees it. */
export function SourceLookPanel({ state, onLook, onStop }: SourceLookProps) {
  const looking = state.status === 'looking';
  return (
    <section className={styles.panel} aria-label="What is in the source">
      <div className={styles.ask}>
        <Button compact onClick={looking ? onStop : onLook}>
          {looking ? 'Stop looking' : state.status === 'none' ? 'Look into it' : 'Look again'}
        </Button>
        <p className={styles.hint} role="status">
          {statusOf(state)}
        </p>
      </div>
      {state.status === 'failed' && (
        <p className={styles.problem} role="alert">
          {state.problem}
        </p>
      )}
      {state.status === 'found' && <Found look={state.look} />}
    </section>
  );
}

const OUTDATED: Record<ShownLook['outdated'], string> = {
  nothing: '',
  notes: ' The notes are from before you chose the language: look again to renew them.',
  'sound and notes':
    ' This is from before you chose the language: look again to see which sound is sent now.',
};

function statusOf(state: LookState): string {
  switch (state.status) {
    case 'none':
      return 'See what is in it and what is done with it, before it goes on air.';
    case 'looking':
      return 'Opening it. This can take half a minute.';
    case 'found':
      return `${lookSummary(state.look)}${OUTDATED[state.outdated]}`;
    case 'failed':
      return '';
  }
}

function Found({ look }: { readonly look: SourceLook }) {
  return (
    <div className={styles.found}>
      {look.still && (
        // biome-ignore lint/performance/noImgElement: the picture is in the answer, so there is nothing to optimize
        <img
          className={styles.still}
          src={`data:image/jpeg;base64,${look.still.jpeg}`}
          alt="What the source shows"
        />
      )}
      <ul className={styles.tracks}>
        {lookLines(look).map(({ name, facts, fate, why }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list is replaced as a whole
          <li key={index} data-out={fate === 'left out'}>
            <b>{name}</b> {facts} <span className={styles.fate}>{fate}</span>
            {why && <small>{why}</small>}
          </li>
        ))}
      </ul>
      {look.notes.length > 0 && (
        <ul className={styles.notes} aria-label="Notes">
          {look.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
