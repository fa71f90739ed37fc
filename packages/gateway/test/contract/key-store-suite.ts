import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeyId, PrincipalId, TenantId } from '../../src/base/ids.ts';
import type { ApiKey } from '../../src/identity/api-key.ts';
import { IDENTITY_MIGRATIONS } from '../../src/identity/migrations/index.ts';
import { type KeyStore, openKeyStore } from '../../src/identity/store.ts';
import { migrate, type Storage } from '../../src/storage/index.ts';
import type { OpenBackend } from './storage-suite.ts';

const NEVER = {
  account: null,
  accountEndsAt: null,
  revokedAt: null,
  replacedBy: null,
  overlapEndsAt: null,
  lastUsedAt: null,
  warnedDays: null,
  disclosedAt: null,
};

/** What every engine must do alike for the store of API keys. */
export function keyStoreContract(engine: string, openBackend: OpenBackend): void {
  describe(`key store contract on ${engine}`, () => {
    let storage: Storage;
    let store: KeyStore;
    let count = 0;

    beforeAll(async () => {
      storage = await openBackend();
      expect(await migrate(storage, 'identity', IDENTITY_MIGRATIONS)).toMatchObject({ ok: true });
      store = openKeyStore(storage);
    });
    afterAll(() => storage.close());

    function key(over: Partial<ApiKey> = {}): ApiKey {
      const id = `key_${String(count++).padStart(4, '0')}` as KeyId;
      const reach = { roles: ['reader'], scopes: [{ server: 'a', tool: '*' }], methods: null, cidrs: ['10.0.0.0/8'] } as const;
      const times = { createdAt: 1_767_225_600_000, expiresAt: 1_769_817_600_000 };
      return {
        ...NEVER,
        ...reach,
        ...times,
        id,
        tenant: 'default' as TenantId,
        principal: 'prn_1' as PrincipalId,
        name: `n ${id}`,
        owner: null,
        purpose: null,
        createdBy: 'system',
        ...over,
      };
    }
    const macOf = ({ id }: ApiKey) => ({ mac: id.padStart(64, '0'), pepperId: 'p' });
    async function added(over: Partial<ApiKey> = {}): Promise<ApiKey> {
      const one = key(over);
      expect(await store.add(one, macOf(one), [])).toEqual({ ok: true, value: null });
      return one;
    }
    const read = async (one: ApiKey) => {
      const found = await store.findById(one.tenant, one.id);
      return found.ok ? found.value : found;
    };

    test('a key comes back whole, by id and by MAC', async () => {
      const one = await added({ owner: 'team ü', methods: ['tools/call'], cidrs: null });
      expect(await read(one)).toEqual(one);
      expect(await store.findByMac(macOf(one).mac)).toEqual({ ok: true, value: { key: one, mac: macOf(one).mac } });
      expect(await store.findByMac('nothing')).toEqual({ ok: true, value: null });
    });

    test('the keys of a principal are found by it, whatever became of them', async () => {
      const [first, second] = [await added({ principal: 'prn_p' as PrincipalId }), await added({ principal: 'prn_p' as PrincipalId })];
      await added({ principal: 'prn_q' as PrincipalId });
      await store.revoke(first.tenant, first.id, 7);
      const found = await store.ofPrincipal(first.tenant, 'prn_p');
      expect(found.ok ? found.value.map(({ id, revokedAt }) => [id, revokedAt]).sort() : found).toEqual(
        [
          [first.id, 7],
          [second.id, null],
        ].sort(),
      );
      expect(await store.ofPrincipal('none' as TenantId, 'prn_p')).toEqual({ ok: true, value: [] });
    });

    test('a tenant sees none of another', async () => {
      const one = await added({ tenant: 'one' as TenantId });
      expect(await store.findById('two' as TenantId, one.id)).toEqual({ ok: true, value: null });
      expect(await store.list('two' as TenantId)).toEqual({ ok: true, value: [] });
      expect(await store.revoke('two' as TenantId, one.id, 5)).toEqual({ ok: true, value: false });
      expect(await read(one)).toEqual(one);
    });

    test('a held name, an id and a MAC are each taken once, and a freed name may be taken again', async () => {
      const one = await added();
      const same = key({ name: one.name });
      expect(await store.add(same, macOf(same), [])).toMatchObject({ reason: 'storage.conflict' });
      expect(await store.add({ ...key(), id: one.id }, { mac: 'x', pepperId: 'p' }, [])).toMatchObject({ reason: 'storage.conflict' });
      expect(await store.add(key(), macOf(one), [])).toMatchObject({ reason: 'storage.conflict' });
      expect(await store.add(same, macOf(same), [one.id])).toMatchObject({ ok: true });
    });

    test('an addition that fails frees no name', async () => {
      const [one, other] = [await added(), await added()];
      expect(await store.add(key({ name: other.name }), macOf(one), [one.id])).toMatchObject({ reason: 'storage.conflict' });
      const again = key({ name: one.name });
      expect(await store.add(again, macOf(again), [])).toMatchObject({ reason: 'storage.conflict' });
    });

    test('a key is revoked once, and a revoked or replaced one is not replaced', async () => {
      const one = await added();
      const next = key({ name: one.name });
      expect(await store.replace(one, next, macOf(next), 77)).toEqual({ ok: true, value: true });
      expect(await read(one)).toMatchObject({ replacedBy: next.id, overlapEndsAt: 77 });
      expect(await store.replace(one, key(), macOf(key()), 78)).toEqual({ ok: true, value: false });
      expect(await store.revoke(next.tenant, next.id, 5)).toEqual({ ok: true, value: true });
      expect(await store.revoke(next.tenant, next.id, 6)).toEqual({ ok: true, value: false });
      expect(await store.replace(next, key(), macOf(key()), 79)).toEqual({ ok: true, value: false });
      expect(await read(next)).toMatchObject({ revokedAt: 5 });
    });

    test('uses and warnings are written in batches', async () => {
      const [one, two] = [await added(), await added()];
      await store.markUsed(
        new Map([
          [one.id, 11],
          [two.id, 12],
        ]),
      );
      await store.markWarned(new Map([[two.id, 7]]));
      expect([await read(one), await read(two)]).toMatchObject([
        { lastUsedAt: 11, warnedDays: null },
        { lastUsedAt: 12, warnedDays: 7 },
      ]);
    });

    test('a list is in the order of making', async () => {
      const tenant = 'ordered' as TenantId;
      const ids = [(await added({ tenant })).id, (await added({ tenant })).id];
      const listed = await store.list(tenant);
      expect(listed.ok && listed.value.map(({ id }) => id)).toEqual(ids);
    });
  });
}
