import { useId } from 'react';
import type { DraftProblems, SourceKind, StreamDraft } from '../../../lib/stream-draft';
import { Field } from '../../ui/field';
import styles from './stream-form.module.css';

const OPTIONS: Record<SourceKind, { readonly name: string; readonly note: string }> = {
  camera: { name: 'This browser', note: 'Its camera or its screen' },
  test: { name: 'Test picture', note: 'A clock and a tone, to try things out' },
  file: { name: 'File', note: 'On the server, played in a loop' },
  url: { name: 'Address', note: 'HTTP, RTMP, RTSP or SRT' },
  ingest: { name: 'OBS or another encoder', note: 'It sends to us, by RTMP or SRT' },
  topic: { name: 'Existing topic', note: 'Another producer fills it' },
};

interface SourceFieldsProps {
  readonly draft: StreamDraft;
  readonly id: string;
  /** Those that can be chosen. */
  readonly kinds: readonly SourceKind[];
  readonly problems: DraftProblems;
  readonly onChange: (change: Partial<StreamDraft>) => void;
}

export function SourceFields({ draft, id, kinds, problems, onChange }: SourceFieldsProps) {
  return (
    <>
      <fieldset className={styles.sources}>
        <legend>How do you want to send?</legend>
        <div className={styles.options}>
          {kinds.map((kind) => (
            <label key={kind} className={styles.option}>
              <input
                type="radio"
                name="source"
                value={kind}
                checked={draft.kind === kind}
                onChange={() => onChange({ kind })}
              />
              <b>{OPTIONS[kind].name}</b>
              <small>{OPTIONS[kind].note}</small>
            </label>
          ))}
        </div>
      </fieldset>
      {draft.kind === 'file' && (
        <Field
          label="File"
          mono
          name="path"
          placeholder="/media/film.mkv"
          spellCheck={false}
          value={draft.path}
          onChange={(event) => onChange({ path: event.target.value })}
          error={problems.path}
          hint="A path on the server, inside its media folders."
        />
      )}
      {draft.kind === 'url' && (
        <Field
          label="Address"
          mono
          name="url"
          inputMode="url"
          placeholder="rtsp://camera.example/stream"
          spellCheck={false}
          value={draft.url}
          onChange={(event) => onChange({ url: event.target.value })}
          error={problems.url}
          hint="The server reads it, not your browser."
        />
      )}
      {draft.kind === 'ingest' && (
        <p className={styles.copy}>
          You get an address and a stream key for your encoder in the next step. H.264 and AAC go on air as
          they are.
        </p>
      )}
      {draft.kind === 'camera' && (
        <p className={styles.copy}>
          The next step shows your camera or your screen, and nobody sees it before you go live.
        </p>
      )}
      {draft.kind === 'topic' && (
        <p className={styles.copy}>
          The stream shows whatever MPEG-TS is in the topic {id ? `live.${id}` : 'live.<id>'}. No encoder is
          started.
        </p>
      )}
      {(draft.kind === 'file' || draft.kind === 'url') && (
        <CopyOption checked={draft.copy} onChange={(copy) => onChange({ copy })} />
      )}
    </>
  );
}

function CopyOption({
  checked,
  onChange,
}: {
  readonly checked: boolean;
  readonly onChange: (on: boolean) => void;
}) {
  const id = useId();
  return (
    <div className={styles.copy}>
      <input
        type="checkbox"
        id={id}
        aria-describedby={`${id}-note`}
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      <label htmlFor={id}>Send the video as it is</label>
      <p id={`${id}-note`} data-warning={checked}>
        {checked
          ? 'Choose this for H.264 or HEVC. B-frames add delay, and viewers wait for a keyframe when they join, which takes seconds if keyframes are far apart.'
          : 'Saves the server the work of encoding. If this is off, the video is encoded for the lowest delay.'}
      </p>
    </div>
  );
}
