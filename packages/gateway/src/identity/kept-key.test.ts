import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { random } from '../base/bytes.ts';
import { silentLogger } from '../base/log.ts';
import { openStorage, type Storage } from '../storage/index.ts';
import { DAY, identityOn, movedClock, READER, TENANT, value } from './identity.fixture.ts';
import type { Identity } from './index.ts';
import { keyTextOf } from './key-text.ts';
import { createHmacMac } from './mac.fixture.ts';

const SPEC = { ...READER, name: 'demo client', tenant: TENANT };
let dir: string;
let file: string;
let storage: Storage;
let identity: Identity;
let clock: ReturnType<typeof movedClock>;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-kept-'));
  file = join(dir, 'client.key');
  clock = movedClock();
  storage = value(await openStorage({ dir, key: Buffer.alloc(32, 3), clock, log: silentLogger }));
  identity = await identityOn(storage, createHmacMac());
});
afterEach(async () => {
  await identity.close();
  await storage.close();
  rmSync(dir, { recursive: true });
});

const ensure = () => identity.ensureKept(file, SPEC);
const kept = async () => value(await ensure());
const works = async (text: string) => (await identity.identify(text, '127.0.0.1')).ok;

test('the second start finds the key of the first, in a private file', async () => {
  const first = await kept();
  const second = await kept();
  expect([first.how, second.how]).toEqual(['created', 'kept']);
  expect(second.text.reveal()).toBe(first.text.reveal());
  expect(readFileSync(file, 'latin1')).toBe(`${first.text.reveal()}\n`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await works(first.text.reveal())).toBe(true);
});

test('it is renewed for the same principal a week before its end, and the old one works 72 hours on', async () => {
  const first = await kept();
  clock.advance(22 * DAY);
  expect((await kept()).how).toBe('kept');
  clock.advance(DAY);
  const second = await kept();
  expect([second.how, second.key.principal]).toEqual(['rotated', first.key.principal]);
  clock.advance(3 * DAY);
  expect([await works(first.text.reveal()), await works(second.text.reveal())]).toEqual([true, true]);
  clock.advance(1);
  expect([await works(first.text.reveal()), await works(second.text.reveal())]).toEqual([false, true]);
});

test('one that ended long ago is renewed for the same principal', async () => {
  const first = await kept();
  clock.advance(400 * DAY);
  const second = await kept();
  expect([second.how, second.key.principal, await works(second.text.reveal())]).toEqual(['rotated', first.key.principal, true]);
});

test.each([
  ['empty', () => ''],
  ['cut short', (text: string) => text.slice(0, 40)],
  ['changed', (text: string) => text.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
  ['another data directory’s', () => `${keyTextOf(random(32))}\n`],
  ['longer', (text: string) => `${text}${'x'.repeat(5000)}`],
])('a file that is %s is named as damaged and left as it is', async (_how, harm) => {
  const { text } = await kept();
  const bad = harm(text.reveal());
  writeFileSync(file, bad);
  expect(await ensure()).toMatchObject({
    ok: false,
    reason: 'identity.kept_key_damaged',
    detail: expect.stringContaining('remove the file'),
  });
  expect(readFileSync(file, 'latin1')).toBe(bad);
});

test('a file open to others is refused', async () => {
  await kept();
  chmodSync(file, 0o644);
  expect(await ensure()).toMatchObject({ ok: false, reason: 'identity.kept_key_permissions' });
});

test('a key that was revoked on purpose is not made again behind the operator’s back', async () => {
  const { key } = await kept();
  await identity.revoke(TENANT, key.id, 'system');
  expect(await ensure()).toMatchObject({ ok: false, reason: 'identity.credential_revoked' });
  rmSync(file);
  expect((await kept()).how).toBe('created');
});

test('a file that was removed, or a key rotated by hand, gets the next key of the same principal', async () => {
  const first = await kept();
  rmSync(file);
  const second = await kept();
  value(await identity.rotate(TENANT, second.key.id, 'system'));
  const third = await kept();
  expect([second.key.principal, third.key.principal]).toEqual([first.key.principal, first.key.principal]);
  expect([second.how, third.how, await works(third.text.reveal())]).toEqual(['rotated', 'rotated', true]);
});

test('a crash before the store heard of a new key leaves the old one, a crash after it the new one', async () => {
  const first = await kept();
  writeFileSync(`${file}.next`, `${keyTextOf(random(32))}\n`, { mode: 0o600 });
  expect((await kept()).text.reveal()).toBe(first.text.reveal());
  expect(existsSync(`${file}.next`)).toBe(false);
  writeFileSync(`${file}.next`, first.text.reveal(), { mode: 0o600 });
  rmSync(file);
  expect((await kept()).text.reveal()).toBe(first.text.reveal());
});
