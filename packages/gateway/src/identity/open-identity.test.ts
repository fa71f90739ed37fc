import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { random } from '../base/bytes.ts';
import type { TenantId } from '../base/ids.ts';
import { silentLogger } from '../base/log.ts';
import type { Mac } from '../contracts/vault.ts';
import { openStorage, type Storage } from '../storage/index.ts';
import { DAY, identityOn, movedClock, personWith, READER, START, TENANT, value } from './identity.fixture.ts';
import type { Identity, KeyRequest } from './index.ts';
import { keyTextOf } from './key-text.ts';
import { createHmacMac } from './mac.fixture.ts';

const HERE = '127.0.0.1';
const mac: Mac = createHmacMac();
let dir: string;
let storage: Storage;
let identity: Identity;
let maxAgeDays: number;
let clock: ReturnType<typeof movedClock>;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-identity-'));
  clock = movedClock();
  maxAgeDays = 30;
  storage = value(await openStorage({ dir, key: Buffer.alloc(32, 3), clock, log: silentLogger }));
  identity = await identityOn(storage, mac, () => maxAgeDays);
});
afterEach(async () => {
  await identity.close();
  await storage.close();
  rmSync(dir, { recursive: true });
});

const make = async (request: Partial<KeyRequest> = {}) => value(await identity.create(TENANT, { ...READER, ...request }, 'system'));
const reasonOf = async (text: string, address = HERE) => {
  const result = await identity.identify(text, address);
  return result.ok ? 'admitted' : result.reason;
};

describe('create', () => {
  test('gives a key that is recognised, with its principal, at once when asked again', async () => {
    const { key, text } = await make({ methods: ['tools/list'] });
    expect(text.reveal()).toMatch(/^sp_[A-Za-z0-9_-]{43}_[A-Za-z0-9_-]{6}$/);
    expect([key.id, key.principal]).toEqual([expect.stringMatching(/^key_[0-9A-Z]{26}$/), expect.stringMatching(/^prn_[0-9A-Z]{26}$/)]);
    const first = identity.identify(text.reveal(), HERE);
    expect(first).toBeInstanceOf(Promise);
    const principal = value(await first);
    expect(principal).toMatchObject({
      tenant: TENANT,
      id: key.principal,
      roles: ['reader'],
      credential: { id: key.id, methods: ['tools/list'] },
    });
    expect(identity.identify(text.reveal(), HERE)).toEqual({ ok: true, value: principal });
  });

  test.each<[string, Partial<KeyRequest>, string]>([
    ['no scopes', { scopes: [] }, 'identity.invalid_request'],
    ['a part of a name as pattern', { scopes: [{ server: 'git*', tool: '*' }] }, 'identity.invalid_request'],
    ['a tool with a star in it', { scopes: [{ server: '*', tool: 'read_*' }] }, 'identity.invalid_request'],
    ['no roles', { roles: [] }, 'identity.invalid_request'],
    ['an unknown role', { roles: ['root' as 'admin'] }, 'identity.invalid_request'],
    ['an empty name', { name: '  ' }, 'identity.invalid_request'],
    ['a name that turns the terminal', { name: 'a\u001b[2J' }, 'identity.invalid_request'],
    ['a name that hides', { name: 'a\u202eb' }, 'identity.invalid_request'],
    ['a long name', { name: 'x'.repeat(101) }, 'identity.invalid_request'],
    ['no method at all', { methods: [] }, 'identity.invalid_request'],
    ['no network at all', { cidrs: [] }, 'identity.invalid_request'],
    ['a network that is none', { cidrs: ['10.0.0.0/33'] }, 'identity.invalid_request'],
    ['a network with host bits', { cidrs: ['10.0.0.1/8'] }, 'identity.invalid_request'],
    ['an octal address', { cidrs: ['010.0.0.1'] }, 'identity.invalid_request'],
    ['a service without owner', { roles: ['service'], expiresAt: START + DAY }, 'identity.invalid_request'],
    ['a service without expiry', { roles: ['service'], owner: 'team' }, 'identity.invalid_request'],
    ['an expiry in the past', { expiresAt: START }, 'identity.invalid_request'],
    ['an expiry that is no number', { expiresAt: Number.NaN }, 'identity.invalid_request'],
    ['an expiry beyond 30 days', { expiresAt: START + 30 * DAY + 1 }, 'identity.expiry_too_late'],
  ])('refuses %s', async (_what, request, reason) => {
    expect(await identity.create(TENANT, { ...READER, ...request }, 'system')).toMatchObject({ ok: false, reason });
    expect(value(await identity.list(TENANT))).toEqual([]);
  });

  test('lets a name be used again once its key has ended, and by another tenant at any time', async () => {
    const { key } = await make();
    expect(await identity.create(TENANT, READER, 'system')).toMatchObject({ reason: 'identity.name_taken' });
    expect((await identity.create('other' as TenantId, READER, 'system')).ok).toBe(true);
    await identity.revoke(TENANT, key.id, 'system');
    await make();
    clock.advance(31 * DAY);
    await make();
  });

  test('gives a name to one of ten creations at once', async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => identity.create(TENANT, READER, 'system')));
    expect(results.filter(({ ok }) => ok).length).toBe(1);
    expect(results.every((result) => result.ok || result.reason === 'identity.name_taken')).toBe(true);
  });

  const own: KeyRequest = {
    name: 'own',
    roles: ['admin'],
    scopes: [{ server: 'files', tool: 'read' }],
    methods: ['tools/call', 'tools/list'],
    cidrs: ['127.0.0.0/8'],
  };
  const same: KeyRequest = { ...own, name: 'new', roles: ['reader'] };
  test.each<[string, KeyRequest, string]>([
    ['another server', { ...same, scopes: [{ server: 'mail', tool: 'read' }] }, 'identity.scope_too_broad'],
    ['another tool', { ...same, scopes: [...own.scopes, { server: 'files', tool: 'write' }] }, 'identity.scope_too_broad'],
    ['all tools', { ...same, scopes: [{ server: 'files', tool: '*' }] }, 'identity.scope_too_broad'],
    ['all servers', { ...same, scopes: [{ server: '*', tool: 'read' }] }, 'identity.scope_too_broad'],
    ['all methods', { ...same, methods: null }, 'identity.scope_too_broad'],
    ['another method', { ...same, methods: ['prompts/get'] }, 'identity.scope_too_broad'],
    ['any network', { ...same, cidrs: null }, 'identity.scope_too_broad'],
    ['a wider network', { ...same, cidrs: ['0.0.0.0/0'] }, 'identity.scope_too_broad'],
    ['another network', { ...same, cidrs: ['128.0.0.0/8'] }, 'identity.scope_too_broad'],
  ])(
    'does not let a key make one for %s [R2-010 partial: refusal of a call to another server, tool or method]',
    async (_what, request, reason) => {
      const by = await personWith(identity, own);
      expect(await identity.create(TENANT, request, by)).toMatchObject({ ok: false, reason });
      expect((await identity.create(TENANT, { ...same, cidrs: ['127.0.0.1'] }, by)).ok).toBe(true);
    },
  );

  test('is for admins of the tenant whose key still stands', async () => {
    const reader = await personWith(identity, READER);
    expect(await identity.create(TENANT, { ...READER, name: 'x' }, reader)).toMatchObject({ reason: 'identity.role_required' });
    const admin = await personWith(identity, { ...READER, name: 'admin', roles: ['admin'] });
    expect(await identity.create('other' as TenantId, READER, admin)).toMatchObject({ reason: 'identity.role_required' });
    await identity.revoke(TENANT, admin.credential.id, 'system');
    expect(await identity.create(TENANT, { ...READER, name: 'x' }, admin)).toMatchObject({ reason: 'identity.credential_revoked' });
  });
});

describe('identify', () => {
  test('tells unknown, malformed, revoked, expired and wrong network apart, cached or not', async () => {
    const { key, text } = await make({ cidrs: ['10.0.0.0/8', '2001:db8::/32'] });
    const secret = text.reveal();
    const rows: readonly (readonly [text: string, address: string, reason: string])[] = [
      [keyTextOf(random(32)), HERE, 'identity.credential_unknown'],
      [secret, '11.0.0.1', 'identity.address_not_allowed'],
      [secret, 'garbage', 'identity.address_not_allowed'],
      [secret, '10.1.2.3', 'admitted'],
      [secret, '::ffff:10.1.2.3', 'admitted'],
      [secret, '2001:db8::1', 'admitted'],
      [secret, '2001:db9::1', 'identity.address_not_allowed'],
      [`${secret}x`, '10.1.2.3', 'identity.credential_malformed'],
      [secret.toUpperCase(), '10.1.2.3', 'identity.credential_malformed'],
      [` ${secret}`, '10.1.2.3', 'identity.credential_malformed'],
      [`${secret}\n`, '10.1.2.3', 'identity.credential_malformed'],
      ['', '10.1.2.3', 'identity.credential_malformed'],
    ];
    for (const [token, address, reason] of [...rows, ...rows]) expect([token, await reasonOf(token, address)]).toEqual([token, reason]);
    await identity.revoke(TENANT, key.id, 'system');
    expect(await reasonOf(secret, '10.1.2.3')).toBe('identity.credential_revoked');
    expect(await reasonOf(secret, '10.1.2.3')).toBe('identity.credential_revoked');
  });

  test('refuses garbage of any kind at once, without a look-up', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: 'binary', maxLength: 100 }), fc.base64String({ maxLength: 64 })),
        (token) => {
          expect(identity.identify(token, HERE)).toMatchObject({ ok: false, reason: 'identity.credential_malformed' });
        },
      ),
      { numRuns: 2000 },
    );
    const started = process.threadCpuUsage();
    expect(identity.identify('sp_'.repeat(1_000_000), HERE)).toMatchObject({ reason: 'identity.credential_malformed' });
    const { user, system } = process.threadCpuUsage(started);
    expect(user + system).toBeLessThan(20_000);
  });

  test('a flood of well-formed made-up keys is bounded and pushes no real key out', async () => {
    const { text } = await make();
    await identity.identify(text.reveal(), HERE);
    const flood = await Promise.all(Array.from({ length: 3000 }, () => identity.identify(keyTextOf(random(32)), HERE)));
    const reasons = new Set(flood.map((result) => (result.ok ? 'admitted' : result.reason)));
    expect([...reasons].sort()).toEqual(['identity.credential_unknown', 'identity.unavailable']);
    expect(identity.identify(text.reveal(), HERE)).toMatchObject({ ok: true });
  });

  test('a key revoked while it is looked up is not remembered', async () => {
    const { key, text } = await make();
    const [, revoked] = await Promise.all([identity.identify(text.reveal(), HERE), identity.revoke(TENANT, key.id, 'system')]);
    expect(revoked.ok).toBe(true);
    expect(await reasonOf(text.reveal())).toBe('identity.credential_revoked');
  });

  test('with the store gone, a key that is not remembered is refused as unavailable', async () => {
    const { text } = await make();
    await storage.close();
    expect(await reasonOf(text.reveal())).toBe('identity.unavailable');
    expect(await identity.create(TENANT, READER, 'system')).toMatchObject({ reason: 'storage.unavailable' });
  });

  test('a verdict holds a minute without the store, no longer', async () => {
    const { text } = await make();
    expect(await reasonOf(text.reveal())).toBe('admitted');
    await storage.close();
    expect(await reasonOf(text.reveal())).toBe('admitted');
    clock.advance(60_001);
    expect(await reasonOf(text.reveal())).toBe('identity.unavailable');
  });
});

describe('age', () => {
  test('day 29 works and is warned of, day 30 and a second is refused [R2-008 partial: the warning on its way to a person]', async () => {
    const { key, text } = await make();
    clock.advance(29 * DAY);
    expect(await reasonOf(text.reveal())).toBe('admitted');
    expect(value(await identity.reportAges(TENANT))).toMatchObject([{ key: { id: key.id }, ageDays: 29, remainingMs: DAY, warning: 1 }]);
    expect(value(await identity.takeWarnings(TENANT))).toMatchObject([{ key: { id: key.id }, warning: 1 }]);
    clock.advance(DAY + 1000);
    expect(await reasonOf(text.reveal())).toBe('identity.credential_expired');
    expect(value(await identity.list(TENANT))).toMatchObject([{ state: 'expired' }]);
  });

  test('warnings fall due at seven, three and one days, each once', async () => {
    await make();
    const seen: unknown[] = [];
    for (let day = 0; day < 31; day++) {
      for (let times = 0; times < 2; times++)
        for (const { warning } of value(await identity.takeWarnings(TENANT))) seen.push([day, warning]);
      clock.advance(DAY);
    }
    expect(seen).toEqual([
      [23, 7],
      [27, 3],
      [29, 1],
    ]);
  });

  test('a lower limit ends older keys, remembered ones included once verdicts are forgotten', async () => {
    const { text } = await make();
    clock.advance(10 * DAY);
    expect(await reasonOf(text.reveal())).toBe('admitted');
    maxAgeDays = 7;
    identity.forgetVerdicts();
    expect(await reasonOf(text.reveal())).toBe('identity.credential_expired');
  });

  test('rotation gives the principal a new key while the old one works in the overlap only [R2-008 partial: the warning on its way to a person]', async () => {
    const { key, text } = await make();
    await identity.identify(text.reveal(), HERE);
    const rotated = value(await identity.rotate(TENANT, key.id, 'system', { overlapMs: 3_600_000 }));
    expect(rotated.key).toMatchObject({ principal: key.principal, name: key.name, expiresAt: START + 30 * DAY });
    clock.advance(3_600_000);
    expect([await reasonOf(text.reveal()), await reasonOf(rotated.text.reveal())]).toEqual(['admitted', 'admitted']);
    clock.advance(1);
    expect([await reasonOf(text.reveal()), await reasonOf(rotated.text.reveal())]).toEqual(['identity.credential_expired', 'admitted']);
  });

  test.each([
    ['too long an overlap', 72 * 3_600_000 + 1],
    ['a negative overlap', -1],
    ['an overlap that is no number', Number.NaN],
  ])('rotation refuses %s', async (_what, overlapMs) => {
    const { key } = await make();
    expect(await identity.rotate(TENANT, key.id, 'system', { overlapMs })).toMatchObject({ reason: 'identity.invalid_request' });
  });

  test('rotation refuses keys that are unknown, replaced, revoked or over, and askers with less reach', async () => {
    const { key } = await make();
    const narrow = await personWith(identity, { name: 'narrow', roles: ['admin'], scopes: [{ server: 'a', tool: '*' }] });
    expect(await identity.rotate(TENANT, key.id, narrow)).toMatchObject({ reason: 'identity.scope_too_broad' });
    expect(await identity.rotate(TENANT, 'key_x', 'system')).toMatchObject({ reason: 'identity.key_unknown' });
    expect(await identity.rotate('other' as TenantId, key.id, 'system')).toMatchObject({ reason: 'identity.key_unknown' });
    const { key: next } = value(await identity.rotate(TENANT, key.id, 'system'));
    expect(await identity.rotate(TENANT, key.id, 'system')).toMatchObject({ reason: 'identity.invalid_request' });
    await identity.revoke(TENANT, next.id, 'system');
    expect(await identity.rotate(TENANT, next.id, 'system')).toMatchObject({ reason: 'identity.credential_revoked' });
    const { key: third } = await make();
    clock.advance(30 * DAY + 1);
    expect(await identity.rotate(TENANT, third.id, 'system')).toMatchObject({ reason: 'identity.credential_expired' });
  });

  test('of two rotations at once one wins', async () => {
    const { key } = await make();
    const both = await Promise.all([identity.rotate(TENANT, key.id, 'system'), identity.rotate(TENANT, key.id, 'system')]);
    expect(both.filter(({ ok }) => ok).length).toBe(1);
  });
});

describe('revoke', () => {
  test('is for admins, of keys that exist, and may be repeated', async () => {
    const { key } = await make();
    const reader = await personWith(identity, { ...READER, name: 'other' });
    expect(await identity.revoke(TENANT, key.id, reader)).toMatchObject({ reason: 'identity.role_required' });
    expect(await identity.revoke(TENANT, 'key_x', 'system')).toMatchObject({ reason: 'identity.key_unknown' });
    expect(await identity.revoke('other' as TenantId, key.id, 'system')).toMatchObject({ reason: 'identity.key_unknown' });
    const first = value(await identity.revoke(TENANT, key.id, 'system'));
    clock.advance(5);
    expect(value(await identity.revoke(TENANT, key.id, 'system')).revokedAt).toBe(first.revokedAt);
  });
});

describe('the store', () => {
  test('holds no usable key, decrypted or not', async () => {
    const { text } = await make();
    await identity.identify(text.reveal(), HERE);
    const dump = JSON.stringify((await sql`select * from api_key`.execute(storage.queries())).rows);
    const middle = text.reveal().slice(3, 46);
    for (const trace of [text.reveal(), middle, Buffer.from(middle, 'base64url').toString('hex')]) expect(dump).not.toContain(trace);
    const found = /"mac":"([0-9a-f]{64})"/.exec(dump)?.[1] ?? '';
    for (const guess of [found, `sp_${found}`, keyTextOf(Buffer.from(found, 'hex'))]) expect(await reasonOf(guess)).not.toBe('admitted');
    await identity.close();
    await storage.close();
    for (const file of readdirSync(dir)) expect(readFileSync(join(dir, file)).includes(middle)).toBe(false);
    expect(`${text} ${JSON.stringify(text)}`).not.toContain(middle);
  });

  test('last use is written at most once a minute, shown at once, and whole after close', async () => {
    const { key, text } = await make();
    await identity.identify(text.reveal(), HERE);
    clock.advance(30_000);
    await identity.identify(text.reveal(), HERE);
    const stored = async () =>
      (await sql<{ at: number | null }>`select last_used_at as at from api_key where id = ${key.id}`.execute(storage.queries())).rows[0]
        ?.at;
    expect(await stored()).toBe(START);
    expect(value(await identity.list(TENANT))[0]?.lastUsedAt).toBe(START + 30_000);
    await identity.close();
    expect(await stored()).toBe(START + 30_000);
  });
});
