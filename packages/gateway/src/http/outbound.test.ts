import type { LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { guardedLookup, openOutbound, reachOf } from './outbound.ts';
import { mayReach } from './reach.ts';

const FORBIDDEN = [
  '127.0.0.1',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '192.0.2.1',
  '198.18.0.1',
  '::1',
  '::',
  'fe80::1',
  'fc00::1',
  'fd00:ec2::254',
  'ff02::1',
  '::ffff:169.254.169.254',
  '::ffff:10.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '2002:7f00:1::',
  '2001:0:7f00:1::',
  '::127.0.0.1',
  'fec0::1',
  '0x7f.1',
  'localhost',
  '',
];

describe('where a public registration may connect', () => {
  it.each(FORBIDDEN)('%j is refused', (address) => {
    expect(mayReach(address, 'public')).toBe(false);
  });

  it.each(['93.184.216.34', '2606:4700::1111'])('%s is allowed', (address) => {
    expect(mayReach(address, 'public')).toBe(true);
  });

  it.each(['10.0.0.1', '93.184.216.34', '169.254.169.254', 'fe80::1'])('a loopback registration does not reach %s', (address) => {
    expect(mayReach(address, 'loopback')).toBe(false);
  });

  it.each(['http://2130706433/', 'http://0x7f.1/', 'http://127.1/', 'http://[::ffff:127.0.0.1]/'])(
    '%s is loopback however it is spelled',
    (text) => {
      expect(reachOf(new URL(text))).toBe('loopback');
    },
  );

  it.each([
    'https://10.0.0.1/',
    'https://[fd00::1]/',
    'http://example.com/',
    'ftp://example.com/',
    'https://user@example.com/',
    'https://169.254.169.254/',
  ])('no pool is opened to %s', (text) => {
    const url = new URL(text);
    const opened = openOutbound(url, { reach: reachOf(url), connections: 1, connectMs: 1000, headerBytes: 16_384 });
    expect(opened.ok).toBe(false);
  });
});

const resolver =
  (...addresses: string[]): LookupFunction =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

const ask = (lookup: LookupFunction): Promise<NodeJS.ErrnoException | null> =>
  new Promise((resolve) => guardedLookup({ reach: 'public', lookup })('rebind.example', { all: true }, (error) => resolve(error)));

describe('a name', () => {
  it.each([
    ['that resolves to the metadata service', ['169.254.169.254']],
    ['that resolves to loopback', ['127.0.0.1']],
    ['of which one address is private', ['93.184.216.34', '10.0.0.1']],
    ['that resolves to nothing', []],
  ])('%s is not connected to', async (_name, addresses) => {
    expect((await ask(resolver(...addresses)))?.code).toBe('ERR_DESTINATION_NOT_ALLOWED');
  });

  it('is resolved once for check and connection, so a second answer is never asked for', async () => {
    let asked = 0;
    const rebinding: LookupFunction = (host, options, callback) => {
      asked += 1;
      resolver(asked === 1 ? '127.0.0.1' : '93.184.216.34')(host, options, callback);
    };
    const opened = openOutbound(new URL('https://rebind.example/'), {
      reach: 'public',
      connections: 1,
      connectMs: 1000,
      headerBytes: 16_384,
      lookup: rebinding,
    });
    if (!opened.ok) throw new Error(opened.reason);
    const error = await new Promise<[Error, boolean]>((resolve) =>
      opened.value.send(
        { method: 'GET', path: '/', headers: {}, body: null, headersMs: 1000, idleMs: 1000 },
        { onStart: () => {}, onData: () => {}, onEnd: () => {}, onError: (failed, sent) => resolve([failed, sent]) },
      ),
    );
    expect(error[0]).toMatchObject({ code: 'ERR_DESTINATION_NOT_ALLOWED' });
    expect(error[1]).toBe(false);
    expect(asked).toBe(1);
    await opened.value.close();
  });
});
