import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DocumentStore, openDocumentStore } from '../../src/policy/document-store.ts';
import { POLICY_MIGRATIONS } from '../../src/policy/migrations/index.ts';
import { migrate, type Storage } from '../../src/storage/index.ts';
import type { OpenBackend } from './storage-suite.ts';

/** What every engine must do alike for the policy documents that decisions name. */
export function documentStoreContract(engine: string, openBackend: OpenBackend): void {
  describe(`policy document store contract on ${engine}`, () => {
    let storage: Storage;
    let store: DocumentStore;

    beforeAll(async () => {
      storage = await openBackend();
      expect(await migrate(storage, 'policy', POLICY_MIGRATIONS)).toMatchObject({ ok: true });
      store = openDocumentStore(storage);
    });
    afterAll(() => storage.close());

    test.each([
      ['empty', ''],
      ['quoted', `{"x":"'; drop table policy_document; -- ü 😀"}`],
      ['of a megabyte', 'permit;'.repeat(150_000)],
    ])('a text that is %s comes back byte for byte', async (version, text) => {
      expect(await store.add('default', version, text, 5)).toEqual({ ok: true, value: null });
      expect(await store.find('default', version)).toEqual({ ok: true, value: text });
    });

    test('what is kept under a version stays, however many add it at once', async () => {
      const adds = Array.from({ length: 20 }, (_, i) => store.add('default', 'same', `text ${i}`, i));
      for (const added of await Promise.all(adds)) expect(added).toEqual({ ok: true, value: null });
      const first = await store.find('default', 'same');
      await store.add('default', 'same', 'another', 99);
      expect(first).toMatchObject({ ok: true, value: expect.stringMatching(/^text \d+$/) });
      expect(await store.find('default', 'same')).toEqual(first);
    });

    test('a tenant finds none of another, and an unknown version is null', async () => {
      await store.add('one', 'v', 'mine', 1);
      expect(await store.find('two', 'v')).toEqual({ ok: true, value: null });
      expect(await store.find('one', 'V')).toEqual({ ok: true, value: null });
      await store.add('two', 'v', 'theirs', 2);
      expect(await store.find('one', 'v')).toEqual({ ok: true, value: 'mine' });
    });
  });
}
