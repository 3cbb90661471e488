'use client';

import { languageName } from '@topicast/contracts/language';
import { useId } from 'react';
import type { GatewayAddress } from '../../../lib/gateway-address';
import { soundLanguages } from '../../../lib/source-look';
import { lookRequest } from '../../../lib/stream-draft';
import { SourceLookPanel } from './source-look';
import styles from './source-look.module.css';
import { useSourceLook } from './use-source-look';
import type { StreamFormState } from './use-stream-form';

interface SourceInsideProps {
  readonly gateway: GatewayAddress;
  readonly token: string;
  readonly form: StreamFormState;
}

/** What is in the file or behind the address that the form names, and what there is to choose. */
export function SourceInside({ gateway, token, form: { draft, change } }: SourceInsideProps) {
  const { state, look, stop } = useSourceLook({ gateway, token, draft });
  if (!lookRequest(draft)) return null;
  const offered = state.status === 'found' ? soundLanguages(state.look) : [];
  return (
    <>
      <SourceLookPanel state={state} onLook={() => void look()} onStop={stop} />
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
