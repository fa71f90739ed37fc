import { expect, test } from 'vitest';
import { SecretString } from '../base/secret-string.ts';
import { readPlace } from './postgres-place.ts';

const read = (url: string) => readPlace(new SecretString(url));

test.each([
  ['no URL', 'not a url'],
  ['another protocol', 'mysql://u:p@h/d'],
  ['no user', 'postgres://db.example/sallyport'],
  ['no database', 'postgres://u:secret@db.example'],
  ['an undecodable user', 'postgres://%zz@db.example/sallyport'],
  ['a parameter that nobody knows', 'postgres://u:secret@db.example/sallyport?ssl=true'],
  ['a socket that is no path', 'postgres://u:secret@x/sallyport?host=elsewhere.example'],
  ['no TLS over a network', 'postgres://u:secret@db.example/sallyport?sslmode=disable'],
  ['no TLS to a private network', 'postgres://u:secret@10.0.0.1/sallyport?sslmode=disable'],
  ['TLS that nobody verifies', 'postgres://u:secret@db.example/sallyport?sslmode=require'],
  ['TLS where it happens to be', 'postgres://u:secret@localhost/sallyport?sslmode=prefer'],
  ['a name that begins like this machine', 'postgres://u:secret@localhost.example/sallyport?sslmode=disable'],
  ['a CA file that is not there', 'postgres://u:secret@db.example/sallyport?sslrootcert=/nowhere/ca.pem'],
])('%s is refused, and the password is not shown', (_name, url) => {
  const place = read(url);
  expect(place).toMatchObject({ ok: false, reason: 'storage.connection_invalid' });
  expect(JSON.stringify(place)).not.toContain('secret');
});

test('over a network there is TLS 1.3 that checks the name, without being asked for', () => {
  const place = read('postgresql://us%40er:p%2Fw@db.example:6432/sallyport');
  if (!place.ok) throw new Error(place.detail);
  const { host, port, database, user, password, tls } = place.value;
  expect({ host, port, database, user }).toEqual({ host: 'db.example', port: 6432, database: 'sallyport', user: 'us@er' });
  expect(password?.reveal()).toBe('p/w');
  expect(tls).toMatchObject({ minVersion: 'TLSv1.3', rejectUnauthorized: true });
  expect(tls?.checkServerIdentity?.('localhost', { subject: { CN: 'other.example' } } as never)).toBeInstanceOf(Error);
});

test.each([
  ['a socket', 'postgres://u@x/sallyport?host=/run/postgresql', '/run/postgresql'],
  ['this machine by address', 'postgres://u@127.0.0.1/sallyport?sslmode=disable', '127.0.0.1'],
  ['this machine by IPv6', 'postgres://u@[::1]/sallyport?sslmode=disable', '::1'],
])('%s needs no TLS', (_name, url, host) => {
  expect(read(url)).toMatchObject({ ok: true, value: { host, port: 5432, password: null, tls: null } });
});
