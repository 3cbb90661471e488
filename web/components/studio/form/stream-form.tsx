import type { EncodingOffer } from '@topicast/contracts/http';
import type { ReactNode } from 'react';
import { draftId, hasSizes, isEncoded, type SourceKind } from '../../../lib/stream-draft';
import { Button } from '../../ui/button';
import { Field } from '../../ui/field';
import { EncodingFields } from './encoding-fields';
import { QualityField } from './quality-field';
import { SourceFields } from './source-fields';
import styles from './stream-form.module.css';
import type { StreamFormState } from './use-stream-form';

interface StreamFormProps {
  readonly form: StreamFormState;
  /** Below the title. */
  readonly idField: ReactNode;
  /** The kinds of sources that can be chosen; empty: the source cannot be changed here. */
  readonly kinds: readonly SourceKind[];
  /** The sizes can be chosen. */
  readonly sizes: boolean;
  /** Below the source. */
  readonly inside?: ReactNode;
  /** What the producers can encode. */
  readonly offer: EncodingOffer | undefined;
  /** Above the buttons. */
  readonly children?: ReactNode;
  readonly submit: { readonly name: string; readonly busy: string };
  readonly onCancel: () => void;
}

/** The fields of a stream, for the dialogs that create and edit one. */
export function StreamForm(props: StreamFormProps) {
  const { form, idField, kinds, sizes, inside, offer, children, submit, onCancel } = props;
  const { draft, problems, alert, busy, change } = form;
  return (
    <form ref={form.form} className={styles.form} onSubmit={form.submit} noValidate>
      <Field
        label="Title"
        name="title"
        maxLength={200}
        autoComplete="off"
        data-first-focus
        placeholder="Friday Night Concert"
        value={draft.title}
        onChange={(event) => change({ title: event.target.value })}
        error={problems.title}
      />
      {idField}
      {kinds.length > 0 && (
        <>
          <SourceFields
            draft={draft}
            id={draftId(draft)}
            kinds={kinds}
            problems={problems}
            onChange={change}
          />
          {inside}
        </>
      )}
      {sizes && hasSizes(draft) && <QualityField draft={draft} onChange={(quality) => change({ quality })} />}
      {kinds.length > 0 && isEncoded(draft) && (
        <EncodingFields {...{ draft, problems, offer }} onChange={change} />
      )}
      {alert && (
        <p className={styles.alert} role="alert">
          {alert}
        </p>
      )}
      {children}
      <div className={styles.actions}>
        <Button onClick={onCancel}>Cancel</Button>
        <Button variant="primary" type="submit" busy={busy}>
          {busy ? submit.busy : submit.name}
        </Button>
      </div>
    </form>
  );
}
