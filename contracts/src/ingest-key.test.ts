import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hashOfSecret, newSecret, parseStreamKey, srtPassphrase, streamKey } from './ingest-key.js';
import { streamId } from './stream-id.js';

it('is read as it was written', () => {
  const secret = newSecret();
  const key = { stream: streamId('my-show-2'), secret };
  expect(parseStreamKey(streamKey(key))).toEqual(key);
  expect(secret).toMatch(/^[0-9a-f]{48}$/);
  expect(newSecret()).not.toBe(secret);
});

it('is kept as a hash that other programs can make too', async () => {
  expect(await hashOfSecret('abc')).toBe(createHash('sha256').update('abc').digest('hex'));
});

it('gives SRT a passphrase of a length that it takes, another one for each key', async () => {
  const [one, other] = await Promise.all(
    ['a', 'b'].map(async (secret) => srtPassphrase(await hashOfSecret(secret))),
  );
  expect(one).toMatch(/^[0-9a-f]{32}$/);
  expect(other).not.toBe(one);
});

it('cannot be anything else', () => {
  for (const text of ['', '.', 'show', 'show.', '.secret', 'Show.secret', `a.${'b'.repeat(300)}`])
    expect(parseStreamKey(text)).toBeUndefined();
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), (text) => {
      const key = parseStreamKey(text);
      if (key) expect(streamKey(key)).toBe(text);
    }),
  );
});
