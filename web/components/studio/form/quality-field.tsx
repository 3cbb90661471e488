import { QUALITIES, type Quality, type StreamDraft } from '../../../lib/stream-draft';
import styles from './stream-form.module.css';

interface Option {
  readonly name: string;
  readonly note: string;
}

const OPTIONS: Record<(typeof QUALITIES)[number], Option> = {
  one: { name: 'One', note: 'The least work for the server' },
  '720p+360p': { name: '720p + 360p', note: 'A small one for slow networks' },
  '1080p+720p+360p': { name: '1080p + 720p + 360p', note: 'Three encoders: the most work' },
};

/** Of what an encoder publishes. */
const PUBLISHED: typeof OPTIONS = {
  one: { name: 'As it comes', note: 'The least work for the server' },
  '720p+360p': { name: '+ 720p + 360p', note: 'Smaller ones for slow networks' },
  '1080p+720p+360p': { name: '+ 1080p + 720p + 360p', note: 'For an encoder that sends more than 1080p' },
};

interface QualityFieldProps {
  readonly draft: Pick<StreamDraft, 'kind' | 'quality' | 'kept'>;
  readonly onChange: (quality: Quality) => void;
}

/** In which sizes the stream is encoded. */
export function QualityField({ draft: { kind, quality, kept }, onChange }: QualityFieldProps) {
  const isPublished = kind === 'ingest';
  const named = isPublished ? PUBLISHED : OPTIONS;
  const options: [Quality, Option][] = QUALITIES.map((each) => [each, named[each]]);
  if (kept) {
    const name = kept.map(({ height }) => `${height}p`).join(' + ');
    options.unshift(['kept', { name, note: 'As it was set elsewhere' }]);
  }
  return (
    <fieldset className={styles.sources}>
      <legend>Quality</legend>
      <div className={styles.options}>
        {options.map(([each, { name, note }]) => (
          <label key={each} className={styles.option}>
            <input
              type="radio"
              name="quality"
              value={each}
              checked={quality === each}
              onChange={() => onChange(each)}
            />
            <b>{name}</b>
            <small>{note}</small>
          </label>
        ))}
      </div>
      {quality !== 'one' && (
        <p className={styles.note}>
          {isPublished
            ? 'What your encoder sends is passed on as it is, without delay. Those of these sizes that are smaller are made of it on the server, which needs more of its processor.'
            : 'Viewers can choose a size. Each one is encoded by itself, so the server needs more of its processor; the picture is never enlarged.'}
        </p>
      )}
    </fieldset>
  );
}
