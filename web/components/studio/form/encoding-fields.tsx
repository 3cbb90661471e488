'use client';

import {
  ENCODER_NAMES,
  ENCODING_LIMITS,
  ENCODING_PRESETS,
  type EncodingPreset,
} from '@topicast/contracts/encoding';
import type { EncodingOffer } from '@topicast/contracts/http';
import { type ReactNode, useId, useState } from 'react';
import { encodingFields, encodingSummary, PRESET_NAMES, SHOWN_FIELDS } from '../../../lib/encoding-draft';
import { type DraftProblems, encodedAs, type StreamDraft } from '../../../lib/stream-draft';
import { Field } from '../../ui/field';
import styles from './encoding-fields.module.css';
import form from './stream-form.module.css';

interface EncodingFieldsProps {
  readonly draft: StreamDraft;
  readonly problems: DraftProblems;
  /** Undefined: not known. */
  readonly offer: EncodingOffer | undefined;
  readonly onChange: (change: Partial<StreamDraft>) => void;
}

const PRESET_NOTES: Readonly<Record<EncodingPreset, string>> = {
  'low-latency': 'Every picture leaves at once',
  balanced: '0.2 s more delay, half as much work again, and a better picture for its bits',
  quality:
    '0.4 s more delay, two and a half times the work, and the best picture; not for screens that stand still',
};

/** How the stream is encoded: closed until somebody wants to know, or has to correct something in it. */
export function EncodingFields({ draft, problems, offer, onChange }: EncodingFieldsProps) {
  const [isOpened, setOpened] = useState(false);
  const encoded = encodedAs(draft);
  const fields = encodingFields(draft, encoded);
  const isWrong = SHOWN_FIELDS.some((field) => problems[field] !== undefined);
  const summary = encodingSummary(draft, encoded);
  const { height, kbit, frameRate, keyframeSeconds, gainDb } = ENCODING_LIMITS;
  const number = (
    name: 'height' | 'kbit' | 'frameRate' | 'keyframeSeconds' | 'gainDb',
    label: string,
    hint: ReactNode,
    placeholder: string,
  ): ReactNode =>
    fields.includes(name) && (
      <Field
        {...{ label, name, hint, placeholder }}
        inputMode={name === 'gainDb' ? 'text' : 'decimal'}
        autoComplete="off"
        value={draft[name]}
        onChange={(event) => onChange({ [name]: event.target.value })}
        error={problems[name]}
      />
    );
  return (
    <details
      className={styles.encoding}
      open={isOpened || isWrong}
      onToggle={(event) => setOpened(event.currentTarget.open)}
    >
      <summary>
        <b>Encoding</b> <span>{summary || (encoded.hasEncoder ? 'for the least delay' : 'as it is')}</span>
      </summary>
      <div className={styles.fields}>
        {fields.includes('preset') && (
          <PresetField preset={draft.preset} onChange={(preset) => onChange({ preset })} />
        )}
        <div className={styles.numbers}>
          {number(
            'height',
            'Height, at most',
            offer?.maxHeight
              ? `This server allows ${offer.maxHeight} lines.`
              : `${height.least} to ${height.most} lines.`,
            String(offer?.maxHeight ?? ''),
          )}
          {number(
            'kbit',
            'Bitrate, at most',
            offer?.maxKbit
              ? `This server allows ${offer.maxKbit} kbit/s.`
              : `${kbit.least} to ${kbit.most} kbit/s.`,
            String(offer?.maxKbit ?? ''),
          )}
          {number(
            'frameRate',
            'Pictures a second',
            `1 to ${frameRate.most}. Live pictures are only left out, never repeated.`,
            'As they come',
          )}
          {number(
            'keyframeSeconds',
            'Seconds between keyframes',
            `${keyframeSeconds.least} to ${keyframeSeconds.most}. Longer saves bits, and viewers join with more at once.`,
            '1',
          )}
        </div>
        {fields.includes('encoder') && (
          <EncoderField {...{ draft, offer, onChange }} error={problems.encoder} />
        )}
        <SoundField
          isOn={draft.sound === 'on'}
          onChange={(isOn) => onChange({ sound: isOn ? 'on' : 'off' })}
        />
        {number('gainDb', 'Louder by', `${gainDb.least} to ${gainDb.most} dB; below 0 is quieter.`, '0')}
      </div>
    </details>
  );
}

interface PresetFieldProps {
  readonly preset: EncodingPreset;
  readonly onChange: (preset: EncodingPreset) => void;
}

function PresetField({ preset, onChange }: PresetFieldProps) {
  return (
    <fieldset className={form.sources}>
      <legend>What counts most</legend>
      <div className={styles.presets}>
        {ENCODING_PRESETS.map((each) => (
          <label key={each} className={form.option}>
            <input
              type="radio"
              name="preset"
              value={each}
              checked={preset === each}
              onChange={() => onChange(each)}
            />
            <b>{PRESET_NAMES[each]}</b>
            <small>{PRESET_NOTES[each]}</small>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface EncoderFieldProps extends Pick<EncodingFieldsProps, 'draft' | 'offer' | 'onChange'> {
  readonly error: string | undefined;
}

/** Where there is nothing to choose, nothing is shown. */
function EncoderField({ draft: { encoder }, offer, onChange, error }: EncoderFieldProps) {
  const id = useId();
  const offered = offer?.encoders ?? ['x264'];
  const shown = offered.includes(encoder) ? offered : [...offered, encoder];
  if (shown.length < 2) return null;
  return (
    <div className={styles.encoder}>
      <label htmlFor={id}>Encoder</label>
      <select
        id={id}
        value={encoder}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-note`}
        onChange={(event) => {
          const chosen = shown.find((each) => each === event.target.value);
          if (chosen) onChange({ encoder: chosen });
        }}
      >
        {shown.map((each) => (
          <option key={each} value={each}>
            {ENCODER_NAMES[each]}
            {offered.includes(each) ? '' : ' (does not work at present)'}
          </option>
        ))}
      </select>
      <p id={`${id}-note`} className={error ? styles.error : form.note}>
        {error ?? 'Hardware takes the work off the processor. Where it fails, x264 goes on.'}
      </p>
    </div>
  );
}

function SoundField({
  isOn,
  onChange,
}: {
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}) {
  const id = useId();
  return (
    <div className={form.copy}>
      <input type="checkbox" id={id} checked={isOn} onChange={(event) => onChange(event.target.checked)} />
      <label htmlFor={id}>Send the sound</label>
    </div>
  );
}
