import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { TenantId } from '../../src/base/ids.ts';
import { CONFIG_MIGRATIONS } from '../../src/config/migrations/index.ts';
import { openVersions, type Versions } from '../../src/config/versions/open-versions.ts';
import { openVersionStore, type VersionStore } from '../../src/config/versions/store.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { createHmacMac } from '../../src/identity/mac.fixture.ts';
import { migrate, type Storage } from '../../src/storage/index.ts';
import type { OpenBackend } from './storage-suite.ts';

const BY = { author: 'someone', cause: 'config.reloaded' };

/** What every engine must do alike for the history of a configuration. */
export function versionStoreContract(engine: string, openBackend: OpenBackend): void {
  describe(`version store contract on ${engine}`, () => {
    let storage: Storage;
    let versions: Versions;
    let store: VersionStore;
    let count = 0;

    beforeAll(async () => {
      storage = await openBackend();
      const opened = await openVersions({ storage, clock: systemClock, mac: createHmacMac() });
      if (!opened.ok) throw new Error(opened.detail);
      versions = opened.value;
      store = openVersionStore(storage);
    });
    afterAll(() => storage.close());

    const tenantOf = () => `tenant-${count++}` as TenantId;
    const add = async (tenant: TenantId, content: JsonObject) => {
      const newest = await versions.newest(tenant);
      const draft = newest.ok ? versions.draft(newest.value, content, BY) : null;
      if (draft === null) throw new Error('nothing to add');
      expect(await versions.add(tenant, draft)).toMatchObject({ ok: true });
      return draft;
    };
    const tables = () =>
      storage.queries<{
        readonly config_version: { tenant: string; sequence: number; content: string; author: string; mac: string; hash: string };
      }>();

    test('the tables are made once', async () => {
      expect(await migrate(storage, 'config', CONFIG_MIGRATIONS)).toEqual({ ok: true, value: 0 });
    });

    test('a version comes back whole, by number and by hash, with what changed since its parent', async () => {
      const tenant = tenantOf();
      expect(await versions.newest(tenant)).toEqual({ ok: true, value: null });
      const first = await add(tenant, { a: 1, text: "ü 😀 '; drop table config_version; --" });
      const second = await add(tenant, { a: 2, b: { c: [1] } });
      expect(second).toMatchObject({ sequence: 2, parent: first.hash });
      expect(second.changes.map(({ key }) => key)).toEqual(['a', 'text', 'b']);
      expect(await versions.newest(tenant)).toEqual({ ok: true, value: second });
      expect(await versions.find(tenant, '1')).toEqual({ ok: true, value: first });
      expect(await versions.find(tenant, first.hash)).toEqual({ ok: true, value: first });
      expect(await versions.find(tenantOf(), '1')).toMatchObject({ ok: false, reason: 'config.version_unknown' });
      expect(await versions.verify(tenant)).toEqual({ ok: true, value: 2 });
    });

    test('the same content is no version', async () => {
      const tenant = tenantOf();
      const first = await add(tenant, { a: { b: 1, c: 2 } });
      expect(versions.draft(first, { a: { c: 2, b: 1 } }, BY)).toBeNull();
    });

    test('versions are listed newest first, in pages', async () => {
      const tenant = tenantOf();
      for (let n = 1; n <= 5; n++) await add(tenant, { n });
      const page = await versions.list(tenant, { before: 0, limit: 3 });
      expect(page.ok && page.value.map(({ sequence }) => sequence)).toEqual([5, 4, 3]);
      const rest = await versions.list(tenant, { before: 3, limit: 3 });
      expect(rest.ok && rest.value.map(({ sequence }) => sequence)).toEqual([2, 1]);
    });

    test('of two that follow one version, one is stored', async () => {
      const tenant = tenantOf();
      const first = await add(tenant, { n: 0 });
      const drafts = [1, 2, 3, 4].map((n) => versions.draft(first, { n }, BY));
      const added = await Promise.all(drafts.map((draft) => (draft === null ? null : versions.add(tenant, draft))));
      expect(added.filter((one) => one?.ok)).toHaveLength(1);
      expect(added.filter((one) => one?.ok === false && one.reason === 'storage.conflict')).toHaveLength(3);
    });

    test.each([
      ['its content is changed', { content: '{"n":9}' }],
      ['its author is changed', { author: 'another' }],
      ['its keyed digest is changed', { mac: 'ab'.repeat(32) }],
      ['its hash is changed', { hash: 'ab'.repeat(32) }],
    ])('a version is refused where %s', async (_name, change) => {
      const tenant = tenantOf();
      for (const n of [1, 2, 3]) await add(tenant, { n });
      await tables().updateTable('config_version').set(change).where('tenant', '=', tenant).where('sequence', '=', 2).execute();
      expect(await versions.find(tenant, '2')).toMatchObject({ ok: false, reason: 'config.history_damaged' });
      expect(await versions.verify(tenant)).toMatchObject({ ok: false, reason: 'config.history_damaged' });
    });

    test.each([1, 2])('the chain is refused where version %i of three was taken away', async (sequence) => {
      const tenant = tenantOf();
      for (const n of [1, 2, 3]) await add(tenant, { n });
      await tables().deleteFrom('config_version').where('tenant', '=', tenant).where('sequence', '=', sequence).execute();
      expect(await versions.verify(tenant)).toMatchObject({ ok: false, reason: 'config.history_damaged' });
    });

    test('a history that was written anew with all its hashes, and without our key, is refused', async () => {
      const [tenant, other] = [tenantOf(), tenantOf()];
      await add(tenant, { n: 1 });
      const draft = versions.draft(null, { n: 666 }, BY);
      if (draft === null) throw new Error('nothing');
      await store.add(other, { ...draft, mac: 'cd'.repeat(32) });
      expect(await versions.newest(other)).toMatchObject({ ok: false, reason: 'config.history_damaged' });
      // A row of one tenant is no row of another.
      const copied = await store.newest(tenant);
      const third = tenantOf();
      if (copied.ok && copied.value !== null) await store.add(third, copied.value);
      expect(await versions.newest(third)).toMatchObject({ ok: false, reason: 'config.history_damaged' });
    });

    test('notes of changes count while their version is recent, and only those that we made', async () => {
      const tenant = tenantOf();
      await add(tenant, { n: 0 });
      const gone = await openVersions({ storage, clock: systemClock, mac: createHmacMac() });
      if (!gone.ok) throw new Error(gone.detail);
      const noted = await gone.value.touch(tenant, 'grants.a b');
      expect(await versions.touched(tenant)).toMatchObject({ ok: true, value: [{ name: 'grants.a b' }] });
      await store.touch(tenant, { name: 'servers.evil', head: '', mac: 'ab'.repeat(32) });
      expect(await versions.touched(tenant)).toMatchObject({ ok: true, value: [{ name: 'grants.a b' }] });
      for (let n = 1; n <= 20; n++) await add(tenant, { n });
      expect(await versions.touched(tenant)).toEqual({ ok: true, value: [] });
      if (noted.ok) expect(await versions.forget(tenant, [noted.value])).toMatchObject({ ok: true });
    });

    test('a note of a change that is under way outlives any number of versions, and has ended only when the change has', async () => {
      const tenant = tenantOf();
      await add(tenant, { n: 0 });
      const noted = await versions.touch(tenant, 'servers.slow');
      if (!noted.ok) throw new Error(noted.detail);
      for (let n = 1; n <= 20; n++) await add(tenant, { n });
      expect(await versions.touched(tenant)).toMatchObject({ ok: true, value: [{ name: 'servers.slow', ended: false }] });
      versions.ended(noted.value);
      expect(await versions.touched(tenant)).toMatchObject({ ok: true, value: [{ name: 'servers.slow', ended: true }] });
      expect(await versions.forget(tenant, [noted.value])).toMatchObject({ ok: true });
      expect(await versions.touched(tenant)).toEqual({ ok: true, value: [] });
    });
  });
}
