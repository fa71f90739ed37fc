import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExchangeId, PrincipalId, TenantId } from '../../src/base/ids.ts';
import { type HoldStore, openHoldStore, type StoredHold } from '../../src/gateway/held/hold-store.ts';
import { GATEWAY_MIGRATIONS } from '../../src/gateway/migrations/index.ts';
import { migrate, type Storage } from '../../src/storage/index.ts';
import type { OpenBackend } from './storage-suite.ts';

const ONE = 'one' as TenantId;
const TWO = 'two' as TenantId;
const BOUNDS = { perPrincipal: 100, all: 1000 };

const hold = (handle: string, more: Partial<StoredHold> = {}): StoredHold => ({
  handle,
  principal: 'ann' as PrincipalId,
  bound: 'digest',
  kind: 'approval',
  parent: 'exchange' as ExchangeId,
  expiresAt: 1000,
  ...more,
});

/** What every engine must do alike for held exchanges. */
export function holdStoreContract(engine: string, openBackend: OpenBackend): void {
  describe(`hold store contract on ${engine}`, () => {
    let storage: Storage;
    let store: HoldStore;

    beforeAll(async () => {
      storage = await openBackend();
      expect(await migrate(storage, 'gateway', GATEWAY_MIGRATIONS)).toMatchObject({ ok: true });
      store = openHoldStore(storage);
    });
    afterAll(() => storage.close());

    test('what is held is given once, however many present its handle at once', async () => {
      expect(await store.add(ONE, hold('once'), 0, BOUNDS)).toEqual({ ok: true, value: true });
      const taken = await Promise.all(Array.from({ length: 20 }, () => store.take(ONE, hold('once'), 1)));
      const given = taken.filter((each) => each.ok && each.value !== null);
      expect(given).toEqual([{ ok: true, value: { kind: 'approval', parent: 'exchange' } }]);
      expect(taken.every(({ ok }) => ok)).toBe(true);
    });

    test.each([
      ['another tenant', TWO, {}, 1],
      ['another principal', ONE, { principal: 'bob' as PrincipalId }, 1],
      ['another call', ONE, { bound: 'other' }, 1],
      ['another handle', ONE, { handle: 'KEPT' }, 1],
      ['one who comes when it is over', ONE, {}, 1000],
    ])('%s gets nothing, and takes nothing away', async (_name, tenant, more, now) => {
      const handle = `kept ${_name}`;
      await store.add(ONE, hold(handle), 0, BOUNDS);
      expect(await store.take(tenant, hold(handle, more), now)).toEqual({ ok: true, value: null });
      expect(await store.take(ONE, hold(handle), 999)).toMatchObject({ ok: true, value: { kind: 'approval' } });
    });

    test('too many of one principal are refused, and then too many of all; another tenant has its own', async () => {
      const tenant = 'full' as TenantId;
      const bounds = { perPrincipal: 2, all: 3 };
      const add = async (principal: string, of: TenantId = tenant) => {
        const handle = `${of} ${principal} ${counter++}`;
        const added = await store.add(of, hold(handle, { principal: principal as PrincipalId }), 0, bounds);
        return added.ok && added.value;
      };
      let counter = 0;
      expect([await add('ann'), await add('ann'), await add('ann')]).toEqual([true, true, false]);
      expect([await add('bob'), await add('bob'), await add('eve')]).toEqual([true, false, false]);
      expect(await add('ann', 'empty' as TenantId)).toBe(true);
    });

    test('what is over makes room, and is forgotten', async () => {
      const tenant = 'over' as TenantId;
      const bounds = { perPrincipal: 1, all: 1 };
      expect(await store.add(tenant, hold('a'), 0, bounds)).toMatchObject({ value: true });
      expect(await store.add(tenant, hold('b', { expiresAt: 5000 }), 1000, bounds)).toMatchObject({ value: true });
      expect(await store.forget(1000)).toMatchObject({ ok: true });
      expect(await store.take(tenant, hold('a'), 0)).toEqual({ ok: true, value: null });
      expect(await store.take(tenant, hold('b'), 1000)).toMatchObject({ value: { kind: 'approval' } });
    });
  });
}
