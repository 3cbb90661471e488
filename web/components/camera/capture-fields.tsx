import { canShareScreen, type Device, type Devices, SIZES } from '@topicast/broadcast';
import { useId } from 'react';
import { type CaptureChoice, NO_MICROPHONE } from '../../lib/capture-choice';
import { formatBitrate } from '../../lib/format';
import { Icon } from '../ui/icon';
import styles from './camera.module.css';

interface CaptureFieldsProps {
  readonly choice: CaptureChoice;
  readonly devices: Devices;
  /** What is being sent keeps its size. */
  readonly isSending: boolean;
  readonly onChange: (choice: CaptureChoice) => void;
}

/** What to send: camera or screen, which devices, how large. */
export function CaptureFields({ choice, devices, isSending, onChange }: CaptureFieldsProps) {
  const change = (part: Partial<CaptureChoice>): void => onChange({ ...choice, ...part });
  const pictures = canShareScreen() ? (['camera', 'screen'] as const) : (['camera'] as const);
  return (
    <div className={styles.fields}>
      <fieldset className={styles.kinds}>
        <legend className="visually-hidden">What to send</legend>
        {pictures.map((picture) => (
          <label key={picture} className={styles.kind}>
            <input
              type="radio"
              name="picture"
              value={picture}
              checked={choice.picture === picture}
              onChange={() => change({ picture })}
            />
            <Icon name={picture} /> {picture === 'camera' ? 'Camera' : 'Screen'}
          </label>
        ))}
      </fieldset>
      {choice.picture === 'camera' && (
        <Select
          label="Camera"
          value={choice.camera}
          options={[...usual(devices.cameras), ...optionsOf(devices.cameras)]}
          onChange={(camera) => change({ camera })}
        />
      )}
      <Select
        label="Microphone"
        value={choice.microphone}
        options={[
          ...usual(devices.microphones),
          ...optionsOf(devices.microphones),
          {
            value: NO_MICROPHONE,
            name: choice.picture === 'screen' ? 'None: the sound of the screen' : 'None',
          },
        ]}
        onChange={(microphone) => change({ microphone })}
      />
      <Select
        label="Size"
        value={String(choice.height)}
        options={SIZES.map(({ height, bitrate }) => ({
          value: String(height),
          name: `${height}p, up to ${formatBitrate(bitrate)}`,
        }))}
        isFixed={isSending}
        onChange={(height) => change({ height: Number(height) })}
      />
    </div>
  );
}

interface Option {
  readonly value: string;
  readonly name: string;
}

/** Before anything was allowed, browsers do not tell which devices there are. */
const usual = (devices: readonly Device[]): Option[] =>
  devices.length > 0 && devices.some(({ id }) => id === 'default')
    ? []
    : [{ value: '', name: 'The usual one' }];
const optionsOf = (devices: readonly Device[]): Option[] =>
  devices.map(({ id, name }) => ({ value: id === 'default' ? '' : id, name }));

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly isFixed?: boolean;
  readonly onChange: (value: string) => void;
}

function Select({ label, value, options, isFixed = false, onChange }: SelectProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} disabled={isFixed} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.name}
          </option>
        ))}
      </select>
    </div>
  );
}
