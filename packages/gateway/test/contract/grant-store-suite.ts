import type { Transaction } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PrincipalId, TenantId } from '../../src/base/ids.ts';
import { POLICY_MIGRATIONS } from '../../src/policy/migrations/index.ts';
import { type GrantStore, openGrantStore, type StoredGrant } from '../../src/policy/store.ts';
import { migrate, type Storage } from '../../src/storage/index.ts';
import type { OpenBackend } from './storage-suite.ts';

const MOST = 1000;

/** What every engine must do alike for grants. */
export function grantStoreContract(engine: string, openBackend: OpenBackend): void {
  describe(`grant store contract on ${engine}`, () => {
    let storage: Storage;
    let store: GrantStore;
    let count = 0;

    beforeAll(async () => {
      storage = await openBackend();
      expect(await migrate(storage, 'policy', POLICY_MIGRATIONS)).toMatchObject({ ok: true });
      store = openGrantStore(storage);
    });
    afterAll(() => storage.close());

    const tenantOf = () => `tenant-${count++}` as TenantId;
    const grant = (tenant: TenantId, id: string, over: Partial<StoredGrant> = {}): StoredGrant => ({
      tenant,
      id,
      principal: 'alice',
      tool: `files__${id}`,
      created: 1_767_225_600_000,
      by: 'admin' as PrincipalId,
      lastUsed: null,
      ...over,
    });
    const add = async (one: StoredGrant, most = MOST) => expect(await store.add(one, most)).toEqual({ ok: true, value: 'added' });

    test('a use is kept where it is later than the one before', async () => {
      const one = grant(tenantOf(), 'used');
      await add(one);
      for (const [at, kept] of [
        [5, 5],
        [9, 9],
        [7, 9],
      ]) {
        expect(await store.markUsed(new Map([[one.id, at ?? 0]]))).toEqual({ ok: true, value: null });
        expect(await store.list(one.tenant)).toEqual({ ok: true, value: [{ ...one, lastUsed: kept }] });
      }
      expect(await store.markUsed(new Map([['nobody', 3]]))).toEqual({ ok: true, value: null });
    });

    test('within a transaction of another room they become those that are wanted and no others; where it fails they stay', async () => {
      const [tenant, other] = [tenantOf(), tenantOf()];
      const [kept, gone, elsewhere] = [grant(tenant, 'w1'), grant(tenant, 'w2'), grant(other, 'w3')];
      for (const one of [kept, gone, elsewhere]) await add(one);
      const rules = [{ argument: 'path', below: 'reports/' }];
      const wanted = [kept, grant(tenant, 'w4', { tool: gone.tool, rules })];
      const broken = storage.transact(async (transaction) => {
        await store.putWithin(transaction as Transaction<unknown>, tenant, wanted);
        throw new Error('the version could not be written');
      });
      await expect(broken).rejects.toThrow('the version could not be written');
      expect(await store.list(tenant)).toEqual({ ok: true, value: [kept, gone] });
      await storage.transact((transaction) => store.putWithin(transaction as Transaction<unknown>, tenant, wanted));
      expect(await store.list(tenant)).toEqual({ ok: true, value: wanted });
      expect(await store.list(other)).toEqual({ ok: true, value: [elsewhere] });
    });

    test('a grant comes back whole', async () => {
      const one = grant(tenantOf(), 'g', { principal: 'ü 😀', tool: `files__'; drop table policy_grant; --` });
      await add(one);
      expect(await store.list(one.tenant)).toEqual({ ok: true, value: [one] });
    });

    test('grants are listed by id, whatever the order of adding', async () => {
      const tenant = tenantOf();
      for (const id of ['01B', '01A', '01C']) await add(grant(tenant, id));
      const listed = await store.list(tenant);
      expect(listed.ok && listed.value.map(({ id }) => id)).toEqual(['01A', '01B', '01C']);
    });

    test('the same tool is given once to the same principal, and again once it was taken back', async () => {
      const tenant = tenantOf();
      const one = grant(tenant, 'g1', { tool: 'files__drop' });
      await add(one);
      expect(await store.add({ ...one, id: 'g2' }, MOST)).toEqual({ ok: true, value: 'taken' });
      await add({ ...one, id: 'g3', principal: 'bob' });
      expect(await store.remove(tenant, 'g1')).toEqual({ ok: true, value: one });
      await add({ ...one, id: 'g4' });
    });

    test('an id is used once', async () => {
      const one = grant(tenantOf(), 'g1');
      await add(one);
      expect(await store.add({ ...one, tool: 'files__other' }, MOST)).toMatchObject({ ok: false, reason: 'storage.conflict' });
      expect(await store.list(one.tenant)).toEqual({ ok: true, value: [one] });
    });

    test('the bound is of a tenant, and what is held already is said before it', async () => {
      const [tenant, other] = [tenantOf(), tenantOf()];
      await add(grant(tenant, 'g1'), 2);
      await add(grant(tenant, 'g2'), 2);
      expect(await store.add(grant(tenant, 'g3'), 2)).toEqual({ ok: true, value: 'full' });
      expect(await store.add(grant(tenant, 'g4', { tool: 'files__g1' }), 2)).toEqual({ ok: true, value: 'taken' });
      await add(grant(other, 'g1'), 2);
    });

    test('neither bound nor uniqueness gives way to many at once', async () => {
      const tenant = tenantOf();
      const add = (i: number) => store.add(grant(tenant, `g${i}`, { tool: `files__${i % 10}` }), 5);
      const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => add(i)));
      expect(answers.filter((answer) => answer.ok && answer.value === 'added')).toHaveLength(5);
      const listed = await store.list(tenant);
      expect(listed.ok && new Set(listed.value.map(({ tool }) => tool)).size).toBe(5);
    });

    test('a grant is removed once, and only by its own tenant', async () => {
      const one = grant(tenantOf(), 'g1');
      await add(one);
      expect(await store.list(tenantOf())).toEqual({ ok: true, value: [] });
      expect(await store.remove(tenantOf(), 'g1')).toEqual({ ok: true, value: null });
      const both = await Promise.all([store.remove(one.tenant, 'g1'), store.remove(one.tenant, 'g1')]);
      expect(both).toEqual(
        expect.arrayContaining([
          { ok: true, value: one },
          { ok: true, value: null },
        ]),
      );
      expect(await store.remove(one.tenant, 'g1')).toEqual({ ok: true, value: null });
    });
  });
}
