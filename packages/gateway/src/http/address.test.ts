import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressKey, clientAddress, NO_PROXIES, normaliseAddress, trustedProxies } from './address.ts';

describe('an address', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::ffff:7f00:1', '127.0.0.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['0x7f.1', null],
    ['0177.0.0.1', null],
    ['127.1', null],
    ['2130706433', null],
    ['1.2.3.4:80', null],
    ['example.com', null],
    ['', null],
  ])('%s is read as %s', (text, expected) => {
    expect(normaliseAddress(text)).toBe(expected);
  });

  it('IPv6 rotation within a /64 stays in one bucket, the next /64 is another [R2-054 partial: two principals behind one address share it, and answers are 429]', () => {
    fc.assert(
      fc.property(fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 0xffff }))), (host) => {
        const tail = host.map((group) => group.toString(16)).join(':');
        expect(addressKey(`2001:db8:1:2:${tail}`)).toBe('2001:db8:1:2::/64');
        expect(addressKey(`2001:db8:1:3:${tail}`)).not.toBe('2001:db8:1:2::/64');
      }),
    );
  });

  it('an IPv4-mapped address counts with the IPv4 address', () => {
    expect(addressKey('::ffff:192.0.2.7')).toBe(addressKey('192.0.2.7'));
  });
});

describe('X-Forwarded-For', () => {
  const proxies = trustedProxies(['10.0.0.0/8', '2001:db8::5']);
  const trusted = proxies.ok ? proxies.value : NO_PROXIES;

  it.each([
    ['from an untrusted peer is ignored', '192.0.2.1', '198.51.100.9', '192.0.2.1'],
    ['from a trusted peer names the client', '10.1.1.1', '198.51.100.9', '198.51.100.9'],
    ['counts from the right, past trusted proxies only', '10.1.1.1', '6.6.6.6, 198.51.100.9, 10.2.2.2', '198.51.100.9'],
    ['with garbage at the right stops at the proxy', '10.1.1.1', '198.51.100.9, unknown', '10.1.1.1'],
    ['that is too long is ignored', '10.1.1.1', '1.1.1.1,'.repeat(1000), '10.1.1.1'],
    ['absent leaves the peer', '10.1.1.1', undefined, '10.1.1.1'],
    ['with a mapped peer is trusted like the plain one', '::ffff:10.1.1.1', '198.51.100.9', '198.51.100.9'],
    ['that is empty leaves the peer', '10.1.1.1', '', '10.1.1.1'],
  ])('%s', (_name, peer, header, expected) => {
    expect(clientAddress(peer, header, trusted)).toBe(expected);
  });

  it('means nothing where no proxy is trusted, whatever it says', () => {
    fc.assert(fc.property(fc.string(), (header) => clientAddress('192.0.2.1', header, NO_PROXIES) === '192.0.2.1'));
  });

  it.each(['10.0.0.0/33', '10.0.0.0/', 'proxy.example', '', '::/129', '10.0.0.0/8/8'])('a proxy list with %s is refused', (entry) => {
    expect(trustedProxies([entry])).toMatchObject({ ok: false, reason: 'http.address_invalid' });
  });
});
