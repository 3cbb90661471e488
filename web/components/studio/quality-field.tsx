import { QUALITIES, type Quality } from '../../lib/stream-draft';
import styles from './create-dialog.module.css';

const OPTIONS: Record<Quality, { readonly name: string; readonly note: string }> = {
  one: { name: 'One', note: 'The least work for the server' },
  '720p+360p': { name: '720p + 360p', note: 'A small one for slow networks' },
  '1080p+720p+360p': { name: '1080p + 720p + 360p', note: 'Three encoders: the most work' },
};

interface QualityFieldProps {
  readonly quality: Quality;
  readonly onChange: (quality: Quality) => void;
}

/** In which sizes the stream is encoded. */
export function QualityField({ quality, onChange }: QualityFieldProps) {
  return (
    <fieldset className={styles.sources}>
      <legend>Quality</legend>
      <div className={styles.options}>
        {QUALITIES.map((each) => (
          <label key={each} className={styles.option}>
            <input
              type="radio"
              name="quality"
              value={each}
              checked={quality === each}
              onChange={() => onChange(each)}
            />
            <b>{OPTIONS[each].name}</b>
            <small>{OPTIONS[each].note}</small>
          </label>
        ))}
      </div>
      {quality !== 'one' && (
        <p className={styles.note}>
          Viewers can choose a size. Each one is encoded by itself, so the server needs more of its processor;
          the picture is never enlarged.
        </p>
      )}
    </fieldset>
  );
}
