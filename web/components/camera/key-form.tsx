import { useState } from 'react';
import { useOperatorToken } from '../../hooks/use-operator-token';
import { keyProblem } from '../../lib/camera-page';
import type { GatewayAddress } from '../../lib/gateway-address';
import { RenewKey } from '../studio/form/renew-key';
import { Button } from '../ui/button';
import { Field } from '../ui/field';
import styles from './camera.module.css';

interface KeyFormProps {
  readonly id: string;
  readonly gateway: GatewayAddress;
  readonly onKey: (key: string) => void;
}

/** For whoever comes without the stream key: to paste it, or as the operator to make a new one. */
export function KeyForm({ id, gateway, onKey }: KeyFormProps) {
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<string>();
  const [token] = useOperatorToken();
  return (
    <div className={styles.key}>
      <form
        className={styles.keyForm}
        onSubmit={(event) => {
          event.preventDefault();
          const problem = keyProblem(typed.trim(), id);
          setError(problem);
          if (problem === undefined) onKey(typed.trim());
        }}
      >
        <Field
          label="Stream key"
          type="password"
          name="key"
          mono
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setError(undefined);
          }}
          error={error}
          hint="It was shown when the stream was created. It stays in this tab."
        />
        <Button type="submit">Use this key</Button>
      </form>
      {token.status === 'present' && (
        <RenewKey gateway={gateway} token={token.value} id={id} onRenewed={({ key }) => onKey(key)} />
      )}
    </div>
  );
}
