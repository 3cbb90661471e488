import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError, problemError } from './gateway-client';
import { refusalOf } from './refusal';
import type { DraftField } from './stream-draft';

const FIELDS: readonly DraftField[] = ['title', 'id', 'path', 'url'];
const CREATING: readonly DraftField[] = ['title', 'id', 'url'];
const EDITING: readonly DraftField[] = ['title', 'url'];

const refused = (status: number, fields: Readonly<Record<string, string>> = {}, message = 'No.') =>
  new GatewayError(message, { kind: 'refused', status, fields: new Map(Object.entries(fields)) });

describe('what the gateway says to a form', () => {
  it('appears at the fields that it is about', () => {
    const objections = { source: 'does not answer', id: 'taken', renditions: 'unknown' };
    expect(refusalOf(refused(400, objections), CREATING)).toEqual({
      fields: { url: 'does not answer', id: 'taken' },
      form: 'unknown',
    });
    expect(refusalOf(refused(409), CREATING)).toEqual({ fields: { id: 'No.' } });
    expect(refusalOf(refused(403), CREATING)).toEqual({ fields: { url: 'No.' } });
  });

  it('appears above the buttons where the form does not show its field', () => {
    expect(refusalOf(refused(409), EDITING)).toEqual({ fields: {}, form: 'No.' });
    expect(refusalOf(refused(400, { id: 'taken', 'source.url': 'dead' }), EDITING)).toEqual({
      fields: { url: 'dead' },
      form: 'taken',
    });
    expect(refusalOf(refused(403), ['title'])).toEqual({ fields: {}, form: 'No.' });
    expect(refusalOf(problemError(401, {}), CREATING).form).toMatch(/status 401/);
  });

  it('is always seen', () => {
    const properties = fc.constantFrom('id', 'title', 'source', 'source.path', 'source.url', 'ladder.0');
    fc.assert(
      fc.property(
        fc.constantFrom(400, 403, 409, 422, 503),
        fc.dictionary(properties, fc.string({ minLength: 1 })),
        fc.subarray([...FIELDS]),
        (status, objections, shown) => {
          const { fields, form } = refusalOf(refused(status, objections), shown);
          expect(shown).toEqual(expect.arrayContaining(Object.keys(fields)));
          const seen = [...Object.values(fields), form].join(' ');
          const said = Object.values(objections);
          for (const message of said.length > 0 ? said : ['No.']) expect(seen).toContain(message);
        },
      ),
    );
  });
});
