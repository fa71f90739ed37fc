import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PrincipalId, TenantId } from '../../src/base/ids.ts';
import { openTaskStore, type StoredTask, type TaskStore } from '../../src/gateway/held/task-store.ts';
import { GATEWAY_MIGRATIONS } from '../../src/gateway/migrations/index.ts';
import { migrate, type Storage } from '../../src/storage/index.ts';
import type { OpenBackend } from './storage-suite.ts';

const ONE = 'one' as TenantId;
const TWO = 'two' as TenantId;
const BOUNDS = { perPrincipal: 100, all: 1000 };

const task = (id: string, more: Partial<StoredTask> = {}): StoredTask => ({
  id,
  principal: 'ann' as PrincipalId,
  expiresAt: 1000,
  begun: `begun ${id}`,
  ...more,
});

/** What every engine must do alike for tasks of the stateless era. */
export function taskStoreContract(engine: string, openBackend: OpenBackend): void {
  describe(`task store contract on ${engine}`, () => {
    let storage: Storage;
    let store: TaskStore;

    beforeAll(async () => {
      storage = await openBackend();
      expect(await migrate(storage, 'gateway', GATEWAY_MIGRATIONS)).toMatchObject({ ok: true });
      store = openTaskStore(storage);
    });
    afterAll(() => storage.close());

    test('a task is found as it was begun, with what was asked last', async () => {
      expect(await store.add(ONE, task('t'), 0, BOUNDS)).toEqual({ ok: true, value: true });
      expect(await store.find(ONE, task('t'), 1)).toEqual({ ok: true, value: { begun: 'begun t', asked: null } });
      for (const asked of ['first', 'last']) expect(await store.ask(ONE, task('t'), asked)).toMatchObject({ ok: true });
      expect(await store.find(ONE, task('t'), 1)).toEqual({ ok: true, value: { begun: 'begun t', asked: 'last' } });
    });

    test.each([
      ['another tenant', TWO, {}, 1],
      ['another principal', ONE, { principal: 'bob' as PrincipalId }, 1],
      ['another id', ONE, { id: 'other' }, 1],
      ['one who comes when it is over', ONE, {}, 1000],
    ])('%s finds none', async (_name, tenant, more, now) => {
      const id = `kept ${_name}`;
      await store.add(ONE, task(id), 0, BOUNDS);
      expect(await store.find(tenant, task(id, more), now)).toEqual({ ok: true, value: null });
      expect(await store.find(ONE, task(id), 999)).toMatchObject({ value: { begun: `begun ${id}` } });
    });

    test('another principal changes nothing of what was asked', async () => {
      await store.add(ONE, task('asked'), 0, BOUNDS);
      await store.ask(ONE, task('asked', { principal: 'bob' as PrincipalId }), 'his');
      await store.ask(TWO, task('asked'), 'theirs');
      expect(await store.find(ONE, task('asked'), 1)).toMatchObject({ value: { asked: null } });
    });

    test('too many of one principal are refused, and then too many of all; what is over makes room', async () => {
      const tenant = 'full' as TenantId;
      const bounds = { perPrincipal: 2, all: 3 };
      let counter = 0;
      const add = async (principal: string, now = 0) => {
        const added = await store.add(tenant, task(`n${counter++}`, { principal: principal as PrincipalId }), now, bounds);
        return added.ok && added.value;
      };
      expect([await add('ann'), await add('ann'), await add('ann')]).toEqual([true, true, false]);
      expect([await add('bob'), await add('bob'), await add('eve')]).toEqual([true, false, false]);
      expect(await add('ann', 1000)).toBe(true);
      expect(await store.forget(1000)).toMatchObject({ ok: true });
      expect(await store.find(tenant, task('n0'), 0)).toEqual({ ok: true, value: null });
    });
  });
}
