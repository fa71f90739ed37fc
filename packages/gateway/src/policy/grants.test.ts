import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { random } from '../base/bytes.ts';
import { systemClock } from '../base/clock.ts';
import { DEFAULT_TENANT, type PrincipalId, type TenantId } from '../base/ids.ts';
import { silentLogger } from '../base/log.ts';
import { openStorage, type Storage } from '../storage/index.ts';
import { GrantUse } from './grant-use.ts';
import { type Grants, openGrants } from './index.ts';
import { openGrantStore } from './store.ts';

const dir = mkdtempSync(join(tmpdir(), 'grants-'));
const id = (text: string): PrincipalId => text as PrincipalId;
let storage: Storage;
let grants: Grants;

beforeAll(async () => {
  const opened = await openStorage({ dir, key: random(32), clock: systemClock, log: silentLogger });
  if (!opened.ok) throw new Error(opened.detail);
  storage = opened.value;
  const made = await openGrants({ storage, clock: systemClock, log: silentLogger });
  if (!made.ok) throw new Error(made.detail);
  grants = made.value;
});

afterAll(async () => {
  await storage.close();
  rmSync(dir, { recursive: true, force: true });
});

const request = (more: object = {}) => ({ tenant: DEFAULT_TENANT, principal: id('alice'), tool: 'files__drop', by: id('admin'), ...more });

describe('grants', () => {
  it('are kept with who gave them, listed, and taken back once', async () => {
    const added = await grants.add(request());
    expect(added).toMatchObject({ ok: true, value: { principal: 'alice', tool: 'files__drop', by: 'admin' } });
    if (!added.ok) return;
    expect(await grants.list(DEFAULT_TENANT)).toEqual({ ok: true, value: [added.value] });
    expect(await grants.add(request())).toMatchObject({ ok: false, reason: 'policy.grant_taken' });
    expect(await grants.remove(DEFAULT_TENANT, added.value.id)).toEqual(added);
    expect(await grants.remove(DEFAULT_TENANT, added.value.id)).toMatchObject({ ok: false, reason: 'policy.grant_unknown' });
  });

  it('of another tenant are neither seen nor removed', async () => {
    const added = await grants.add(request({ tenant: 'other' as TenantId }));
    if (!added.ok) throw new Error(added.detail);
    expect(await grants.list(DEFAULT_TENANT)).toEqual({ ok: true, value: [] });
    expect(await grants.remove(DEFAULT_TENANT, added.value.id)).toMatchObject({ ok: false, reason: 'policy.grant_unknown' });
  });

  it.each([
    ['a name without a server', { tool: 'drop' }],
    ['a wildcard', { tool: '*' }],
    ['a server id that is none', { tool: 'A__drop' }],
    ['no tool', { tool: 'files__' }],
    ['a name that is too long', { tool: `files__${'x'.repeat(300)}` }],
    ['nobody', { principal: id('') }],
    ['a giver that is nobody', { by: id('') }],
  ])('are refused for %s', async (_, more) => {
    expect(await grants.add(request(more))).toMatchObject({ ok: false, reason: 'policy.invalid' });
  });

  it('are bounded', async () => {
    const store = openGrantStore(storage);
    const grant = { tenant: 'full' as TenantId, id: 'g1', principal: 'p', tool: 'files__a', created: 0, by: id('admin'), lastUsed: null };
    expect(await store.add(grant, 1)).toEqual({ ok: true, value: 'added' });
    expect(await store.add({ ...grant, id: 'g2', tool: 'files__b' }, 1)).toEqual({ ok: true, value: 'full' });
  });

  const tenant = 'used' as TenantId;
  const DAY = 86_400_000;
  it('count as used where they permitted a call, written at most once an hour and whole at the end', async () => {
    let now = 100 * DAY;
    const clock = { now: () => now, monotonic: () => now };
    const opened = await openGrants({ storage, clock, log: silentLogger });
    if (!opened.ok) throw new Error(opened.detail);
    const one = opened.value;
    const used = await one.add(request({ tenant, tool: 'files__a' }));
    now += 1000;
    const idle = await one.add(request({ tenant, tool: 'files__b' }));
    if (!used.ok || !idle.ok) throw new Error('not added');
    now += 40 * DAY;
    for (const at of [now, now + 1000, now + 2000]) one.noteUse(['role-writer', `grant:${used.value.id}`], at);
    const uses = async (of: Grants) => {
      const list = await of.list(tenant);
      return list.ok ? list.value.map(({ id: which, lastUsed }) => [which, lastUsed]) : list;
    };
    expect(await uses(one)).toEqual([
      [used.value.id, now + 2000],
      [idle.value.id, null],
    ]);
    expect(await one.report(tenant, 30)).toMatchObject({ ok: true, value: [{ id: idle.value.id, unusedDays: 40 }] });
    expect(await one.report(tenant, 41)).toEqual({ ok: true, value: [] });
    now += 50 * DAY;
    expect(await one.report(tenant, 30)).toMatchObject({
      ok: true,
      value: [
        { id: idle.value.id, unusedDays: 90 },
        { id: used.value.id, unusedDays: 49 },
      ],
    });
    await one.close();
    // Another process reads what was written, and a use that came late does not go back.
    const again = await openGrants({ storage, clock, log: silentLogger });
    if (!again.ok) throw new Error(again.detail);
    expect(await uses(again.value)).toContainEqual([used.value.id, 140 * DAY + 3000]);
    again.value.noteUse([`grant:${used.value.id}`], DAY);
    await again.value.close();
    expect(await openGrantStore(storage).list(tenant)).toMatchObject({ value: [{ lastUsed: 140 * DAY + 3000 }, { lastUsed: null }] });
  });

  it('that are lost from sight cost no call: the store down is told and nothing is thrown', async () => {
    const told: string[] = [];
    const log = { ...silentLogger, warn: (event: string) => void told.push(event) };
    const broken = new GrantUse({ ...openGrantStore(storage), markUsed: async () => ({ ok: false, reason: 'storage.unavailable' }) }, log);
    broken.note(['grant:g1'], 1);
    await broken.close();
    expect(told).toEqual(['policy.grant_use_lost']);
  });
});
