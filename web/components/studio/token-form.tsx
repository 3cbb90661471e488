'use client';

import { useState } from 'react';
import { Button } from '../ui/button';
import { Field } from '../ui/field';
import { Icon } from '../ui/icon';
import styles from './token-form.module.css';

interface TokenFormProps {
  /** Whether the gateway has refused the last token. */
  readonly refused: boolean;
  readonly onToken: (token: string) => void;
}

export function TokenForm({ refused, onToken }: TokenFormProps) {
  const [token, setToken] = useState('');
  const [error, setError] = useState(refused ? 'The gateway does not accept that token.' : undefined);
  return (
    <div className={styles.card}>
      <div className={styles.icon}>
        <Icon name="key" size={22} />
      </div>
      <h1>Operator token</h1>
      <p className={styles.text}>
        The studio changes what is on air, so it asks for the operator’s token. A terminal shows a link that
        contains it when Topicast starts. Else it is what <code>TOPICAST_TOKEN</code> was set to, or in the
        file <code>operator-token</code> of the data folder. It stays in this tab.
      </p>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim()) onToken(token.trim());
          else setError('Paste the token here.');
        }}
      >
        <Field
          label="Token"
          type="password"
          name="token"
          autoComplete="off"
          spellCheck={false}
          mono
          value={token}
          onChange={(event) => {
            setToken(event.target.value);
            setError(undefined);
          }}
          error={error}
        />
        <Button variant="primary" type="submit">
          Open the studio
        </Button>
      </form>
    </div>
  );
}
