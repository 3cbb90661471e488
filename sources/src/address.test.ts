import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPublicAddress, isPublicHost } from './address.js';

describe('isPublicAddress', () => {
  it.each([
    ...['93.184.216.34', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:2800:220:1::1', '2a00:1450::5'],
    // An IPv4 host, seen from a network that has IPv6 only.
    ...['64:ff9b::5db8:d822', '::ffff:93.184.216.34'],
  ])('takes %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ['this machine', '127.0.0.1', '127.255.255.254', '::1', '0.0.0.0', '0.1.2.3', '::'],
    [
      'private networks',
      '10.0.0.1',
      '172.16.0.1',
      '192.168.1.1',
      '100.64.0.1',
      'fd00::1',
      'fc00::1',
      'fec0::1',
    ],
    ['a link', '169.254.169.254', 'fe80::1', 'febf::1', 'fe80::1%eth0', '2606:2800::1%1'],
    ['groups', '224.0.0.1', '239.1.2.3', '255.255.255.255', 'ff02::1', 'ff0e::1'],
    [
      'reserved',
      '192.0.2.1',
      '198.18.0.1',
      '203.0.113.1',
      '240.0.0.1',
      '2001:db8::1',
      '100::1',
      '5f00::1',
      '4000::1',
    ],
    ['IPv4 in IPv6', '::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '::a00:1', '::ffff:0:127.0.0.1'],
    ['NAT64 of a private address', '64:ff9b::127.0.0.1', '64:ff9b::a00:1', '64:ff9b:1::5db8:d822'],
    ['tunnels', '2002:7f00:1::', '2002:5db8:d822::1', '2001:0:7f00:1::1'],
    [
      'unusual spellings',
      '0177.0.0.1',
      '0x7f.0.0.1',
      '2130706433',
      '127.1',
      '93.184.216.34.',
      ' 1.1.1.1',
      '1.1.1.1:80',
    ],
    ['no addresses', '', 'example', '[2606:2800::1]', '１.１.１.１'],
  ])('refuses %s', (_what, ...addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
  });

  it('judges an IPv4 address in its disguises as itself, or refuses them', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const isPublic = isPublicAddress(address);
        expect(isPublicAddress(`::ffff:${address}`)).toBe(isPublic);
        expect(isPublicAddress(`64:ff9b::${address}`)).toBe(isPublic);
        expect(isPublicAddress(`::${address}`)).toBe(false);
      }),
    );
  });

  it('takes no IPv6 address outside of what is in use on the internet', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const first = Number.parseInt(address.split(':')[0] || '0', 16);
        if (isPublicAddress(address) && !/^(::ffff:|64:ff9b:)/i.test(address)) expect(first >> 13).toBe(1);
      }),
    );
  });
});

it('knows the names of this machine', () => {
  expect(
    ['localhost', 'localhost..', 'localhost.', 'a.localhost', '127.0.0.1'].map((host) => isPublicHost(host)),
  ).toEqual(Array(5).fill(false));
  expect(isPublicHost('localhost.example')).toBeUndefined();
  expect(isPublicHost('1.1.1.1')).toBe(true);
});
