import type { StreamInfo } from '@topicast/contracts/http';
import { editableParts } from '../../../lib/stream-draft';
import styles from './stream-form.module.css';

/** The id of a stream that there is, and why some of its fields are missing. */
export function FixedId({ stream }: { readonly stream: StreamInfo }) {
  return (
    <div className={styles.fixed}>
      <p>
        Id <code>{stream.id}</code>
      </p>
      {editableParts(stream) === 'title' && (
        <p className={styles.note}>
          {stream.boundTo === undefined
            ? 'Another program writes this stream, so there is no source to change.'
            : `The command line of the producer “${stream.boundTo}” names its source and its quality: change them there.`}
        </p>
      )}
    </div>
  );
}
