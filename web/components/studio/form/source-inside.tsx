'use client';

import { languageName } from '@topicast/contracts/language';
import { useId, useRef } from 'react';
import type { GatewayAddress } from '../../../lib/gateway-address';
import { programmesIn, soundLanguages } from '../../../lib/source-look';
import { lookRequest, type StreamDraft } from '../../../lib/stream-draft';
import { SourceLookPanel } from './source-look';
import styles from './source-look.module.css';
import { type LookState, useSourceLook } from './use-source-look';
import type { StreamFormState } from './use-stream-form';

interface SourceInsideProps {
  readonly gateway: GatewayAddress;
  readonly token: string;
  readonly form: StreamFormState;
}

/** What is in the file or behind the address that the form names, and what there is to choose. */
export function SourceInside({ gateway, token, form: { draft, change } }: SourceInsideProps) {
  const { state, look, stop } = useSourceLook({ gateway, token, draft });
  const programmes = useProgrammes(draft, state);
  if (!lookRequest(draft)) return null;
  const offered = state.status === 'found' ? soundLanguages(state.look) : [];
  return (
    <>
      <SourceLookPanel state={state} onLook={() => void look()} onStop={stop} />
      {(programmes.length > 1 || draft.programme) && (
        <ProgrammeField
          programme={draft.programme}
          offered={[...new Set([...programmes, ...(draft.programme ? [draft.programme] : [])])]}
          onChange={(programme) => change({ programme })}
        />
      )}
      {(offered.length > 0 || draft.language) && (
        <LanguageField
          language={draft.language}
          offered={[...new Set([...offered, ...(draft.language ? [draft.language] : [])])]}
          onChange={(language) => change({ language })}
        />
      )}
    </>
  );
}

/** What was found stays on offer when one was chosen, although the source has to be looked at again for that. */
function useProgrammes({ kind, path, url }: StreamDraft, state: LookState): readonly string[] {
  const source = JSON.stringify([kind, path, url]);
  const seen = useRef<{ readonly source: string; readonly programmes: readonly string[] }>(undefined);
  if (state.status === 'found') seen.current = { source, programmes: programmesIn(state.look) };
  return seen.current?.source === source ? seen.current.programmes : [];
}

interface ProgrammeFieldProps {
  /** Empty: the first one with pictures. */
  readonly programme: string;
  readonly offered: readonly string[];
  readonly onChange: (programme: string) => void;
}

function ProgrammeField({ programme, offered, onChange }: ProgrammeFieldProps) {
  const id = useId();
  return (
    <p className={styles.language}>
      <label htmlFor={id}>Programme</label>
      <select id={id} value={programme} onChange={(event) => onChange(event.target.value)}>
        <option value="">The first one</option>
        {offered.map((each) => (
          <option key={each} value={each}>
            Number {each}
          </option>
        ))}
      </select>
    </p>
  );
}

interface LanguageFieldProps {
  /** ISO 639; empty: whatever comes first. */
  readonly language: string;
  readonly offered: readonly string[];
  readonly onChange: (language: string) => void;
}

function LanguageField({ language, offered, onChange }: LanguageFieldProps) {
  const id = useId();
  return (
    <p className={styles.language}>
      <label htmlFor={id}>Language of the sound</label>
      <select id={id} value={language} onChange={(event) => onChange(event.target.value)}>
        <option value="">The first one</option>
        {offered.map((each) => (
          <option key={each} value={each}>
            {languageName(each)}
          </option>
        ))}
      </select>
    </p>
  );
}
