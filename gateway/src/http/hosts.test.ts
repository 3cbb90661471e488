import { expect, it } from 'vitest';
import { isOwnHost } from './hosts.js';

it.each([
  '127.0.0.1:8080',
  'localhost',
  'LOCALHOST:80',
  '[::1]:8080',
  '10.0.0.7',
  'a.localhost:1',
  'Tv.example:8080',
])('takes %s for itself', (host) => expect(isOwnHost(host, ['tv.example'])).toBe(true));

it.each([
  undefined,
  '',
  'evil.example',
  'tv.example.evil',
  'tv.example:x',
  'tv.example@evil',
  '[::1',
  'localhost.evil',
])('does not take %s', (host) => expect(isOwnHost(host, ['tv.example'])).toBe(false));

it('accepts any name if the operator allows it', () => expect(isOwnHost('any.example', ['*'])).toBe(true));
