import type { Transaction } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PrincipalId, TenantId } from '../../src/base/ids.ts';
import { POLICY_MIGRATIONS } from '../../src/policy/migrations/index.ts';
import { type OwnPolicyStore, openOwnPolicyStore, type StoredPolicy } from '../../src/policy/own-policy-store.ts';
import { migrate, type Storage } from '../../src/storage/index.ts';
import type { OpenBackend } from './storage-suite.ts';

const MOST = 100;

/** What every engine must do alike for an operator's own policies. */
export function ownPolicyStoreContract(engine: string, openBackend: OpenBackend): void {
  describe(`own policy store contract on ${engine}`, () => {
    let storage: Storage;
    let store: OwnPolicyStore;
    let count = 0;

    beforeAll(async () => {
      storage = await openBackend();
      expect(await migrate(storage, 'policy', POLICY_MIGRATIONS)).toMatchObject({ ok: true });
      store = openOwnPolicyStore(storage);
    });
    afterAll(() => storage.close());

    const tenantOf = () => `tenant-${count++}` as TenantId;
    const policy = (tenant: TenantId, id: string, text = `text of ${id}`): StoredPolicy => ({
      tenant,
      id,
      text,
      created: 1_767_225_600_000,
      by: 'admin' as PrincipalId,
    });
    const list = async (tenant: TenantId) => {
      const found = await store.list(tenant);
      if (!found.ok) throw new Error(found.reason);
      return found.value;
    };

    test('policies come back whole, by id', async () => {
      const tenant = tenantOf();
      const [b, a] = [policy(tenant, 'b', `ü 😀 '; drop table policy_own; --\n\t"`), policy(tenant, 'a')];
      expect(await store.add([b, a], false, MOST)).toEqual({ ok: true, value: { replaced: [] } });
      expect(await list(tenant)).toEqual([a, b]);
    });

    test('one that is there refuses all, unless it is replaced', async () => {
      const tenant = tenantOf();
      const [one, two] = [policy(tenant, 'one'), policy(tenant, 'two')];
      await store.add([one], false, MOST);
      expect(await store.add([two, policy(tenant, 'one', 'other')], false, MOST)).toEqual({ ok: true, value: { taken: 'one' } });
      expect(await list(tenant)).toEqual([one]);
      const other = policy(tenant, 'one', 'other');
      expect(await store.add([two, other], true, MOST)).toEqual({ ok: true, value: { replaced: [one] } });
      expect(await list(tenant)).toEqual([other, two]);
    });

    test('a tenant has at most so many, and one too many adds none; those that are replaced do not count twice', async () => {
      const tenant = tenantOf();
      await store.add([policy(tenant, 'a'), policy(tenant, 'b')], false, 2);
      expect(await store.add([policy(tenant, 'c')], true, 2)).toEqual({ ok: true, value: 'full' });
      expect(await store.add([policy(tenant, 'b', 'new')], true, 2)).toMatchObject({ ok: true, value: { replaced: [{ id: 'b' }] } });
      expect((await list(tenant)).map(({ id }) => id)).toEqual(['a', 'b']);
    });

    test('of many additions at once of one policy, one is taken', async () => {
      const tenant = tenantOf();
      const all = await Promise.all(Array.from({ length: 10 }, () => store.add([policy(tenant, 'a')], false, MOST)));
      expect(all.filter((added) => added.ok && typeof added.value === 'object' && 'replaced' in added.value)).toHaveLength(1);
      expect(await list(tenant)).toHaveLength(1);
    });

    test('within a transaction of another room they become those that are wanted and no others; where it fails they stay', async () => {
      const [tenant, other] = [tenantOf(), tenantOf()];
      const [kept, changed, gone, elsewhere] = [policy(tenant, 'a'), policy(tenant, 'b'), policy(tenant, 'c'), policy(other, 'c')];
      await store.add([kept, changed, gone], false, MOST);
      await store.add([elsewhere], false, MOST);
      const wanted = [{ ...kept, created: 9, by: 'later' as PrincipalId }, policy(tenant, 'b', 'other'), policy(tenant, 'd')];
      const broken = storage.transact(async (transaction) => {
        await store.putWithin(transaction as Transaction<unknown>, tenant, wanted);
        throw new Error('the version could not be written');
      });
      await expect(broken).rejects.toThrow('the version could not be written');
      expect(await list(tenant)).toEqual([kept, changed, gone]);
      await storage.transact((transaction) => store.putWithin(transaction as Transaction<unknown>, tenant, wanted));
      // What is the same keeps who wrote it and when.
      expect(await list(tenant)).toEqual([kept, ...wanted.slice(1)]);
      expect(await list(other)).toEqual([elsewhere]);
    });

    test('what is removed is given back once; another tenant neither sees nor removes it', async () => {
      const [tenant, other] = [tenantOf(), tenantOf()];
      const one = policy(tenant, 'a');
      await store.add([one], false, MOST);
      expect(await store.remove(other, 'a')).toEqual({ ok: true, value: null });
      expect(await list(other)).toEqual([]);
      expect(await store.remove(tenant, 'a')).toEqual({ ok: true, value: one });
      expect(await store.remove(tenant, 'a')).toEqual({ ok: true, value: null });
    });
  });
}
