import { SHOWN_FIELDS } from './encoding-draft';
import type { GatewayError } from './gateway-client';
import type { DraftField, DraftProblems } from './stream-draft';

/** What the gateway said to the last attempt to send a form. */
export interface Refusal {
  readonly fields: DraftProblems;
  /** What is wrong with all of it. */
  readonly form?: string | undefined;
}

export const NO_REFUSAL: Refusal = { fields: {} };

const FIELD_OF_PROPERTY: Readonly<Record<string, DraftField>> = {
  id: 'id',
  title: 'title',
  'source.path': 'path',
  'source.url': 'url',
  ...Object.fromEntries(SHOWN_FIELDS.map((field) => [`encoding.${field}`, field])),
};

/** Each message at its field, if the form shows that field; whatever has no field here belongs to the form. */
export function refusalOf({ failure, message }: GatewayError, shown: readonly DraftField[]): Refusal {
  if (failure.kind !== 'refused') return { fields: {}, form: message };
  if (failure.fields.size > 0) return objectionsAtFields(failure.fields, shown);
  const field = failure.status === 409 ? 'id' : failure.status === 403 ? sourceField(shown) : undefined;
  return field && shown.includes(field) ? { fields: { [field]: message } } : { fields: {}, form: message };
}

function objectionsAtFields(objections: ReadonlyMap<string, string>, shown: readonly DraftField[]): Refusal {
  const fields: DraftProblems = {};
  const rest: string[] = [];
  for (const [property, message] of objections) {
    const field = property === 'source' ? sourceField(shown) : FIELD_OF_PROPERTY[property];
    if (field && shown.includes(field)) fields[field] = [fields[field] ?? [], message].flat().join(' ');
    else rest.push(message);
  }
  return { fields, form: rest.join(' ') || undefined };
}

/** The field in which the source is named. */
const sourceField = (shown: readonly DraftField[]): DraftField | undefined =>
  shown.find((field) => field === 'path' || field === 'url');
