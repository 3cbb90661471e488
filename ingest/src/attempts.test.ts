import { milliseconds } from '@topicast/contracts/units';
import { expect, it } from 'vitest';
import { Attempts, networkOf } from './attempts.js';

it('lets a minute pass after sixty wrong keys, of that address alone', () => {
  const attempts = new Attempts();
  for (let i = 0; i < 60; i++) {
    expect(attempts.isBlocked('192.0.2.1', milliseconds(i))).toBe(false);
    attempts.fail('192.0.2.1', milliseconds(i));
  }
  expect(attempts.isBlocked('192.0.2.1', milliseconds(59_999))).toBe(true);
  expect(attempts.isBlocked('192.0.2.2', milliseconds(59_999))).toBe(false);
  expect(attempts.isBlocked('192.0.2.1', milliseconds(60_000))).toBe(false);
});

it('takes an IPv6 network for one address, and knows IPv4 in it', () => {
  expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe(networkOf('2001:db8:1:2::1'));
  expect(networkOf('2001:db8:1:3::1')).not.toBe(networkOf('2001:db8:1:2::1'));
  expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(networkOf('::1')).toBe('0:0:0:0');
});

it('keeps only so many addresses', () => {
  const attempts = new Attempts();
  for (let i = 0; i < 10_001; i++) {
    for (let n = 0; n < 60; n++) attempts.fail(`10.0.${i >> 8}.${i & 255}`, milliseconds(0));
  }
  expect(attempts.isBlocked('10.0.0.0', milliseconds(1))).toBe(false);
  expect(attempts.isBlocked('10.0.39.16', milliseconds(1))).toBe(true);
});
