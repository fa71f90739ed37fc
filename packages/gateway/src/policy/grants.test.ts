import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { random } from '../base/bytes.ts';
import { systemClock } from '../base/clock.ts';
import { DEFAULT_TENANT, type PrincipalId, type TenantId } from '../base/ids.ts';
import { silentLogger } from '../base/log.ts';
import { openStorage, type Storage } from '../storage/index.ts';
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
  const made = await openGrants({ storage, clock: systemClock });
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
    const grant = { tenant: 'full' as TenantId, id: 'g1', principal: 'p', tool: 'files__a', created: 0, by: id('admin') };
    expect(await store.add(grant, 1)).toEqual({ ok: true, value: 'added' });
    expect(await store.add({ ...grant, id: 'g2', tool: 'files__b' }, 1)).toEqual({ ok: true, value: 'full' });
  });
});
